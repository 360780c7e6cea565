package api

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

type sessionsAnswer struct {
	Sessions []sessionView `json:"sessions"`
}

type sessionView struct {
	Session   domain.SessionID `json:"session" format:"uuid"`
	BeganAt   time.Time        `json:"began_at"`
	ExpiresAt time.Time        `json:"expires_at"`
	Address   string           `json:"address,omitzero" doc:"The client's address when the session started. Deleted after a year."`
	UserAgent string           `json:"user_agent,omitzero"`
	Country   domain.Region    `json:"country,omitzero" doc:"The country that the address was in then (ISO 3166-1), if the operator has a database of countries."`
	Current   bool             `json:"current" doc:"Whether it is the session of this request."`
}

func sessionViews(all []commands.Session) []sessionView {
	out := make([]sessionView, len(all))
	for i, s := range all {
		out[i] = sessionView{s.ID, s.Began, s.Expires, s.Client.Address, s.Client.UserAgent, s.Client.Country, s.Current}
	}
	return out
}

// listSessions lists the caller's open sessions, newest first.
func (a *API) listSessions() {
	route(a, operation("listSessions", "GET", "/v1/sessions", "sessions", "List your open sessions", "Newest first."), of(a.Menu.ListSessions.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[sessionsAnswer], error) {
			out, err := a.Menu.ListSessions(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, journal.Position{}, sessionsAnswer{sessionViews(out.Value)}), nil
		})
}
