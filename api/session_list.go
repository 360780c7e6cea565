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
	Address   string           `json:"address,omitzero" doc:"Where it was begun from. It is gone after a year."`
	UserAgent string           `json:"user_agent,omitzero"`
	Current   bool             `json:"current" doc:"This request's own."`
}

func sessionViews(all []commands.Session) []sessionView {
	out := make([]sessionView, len(all))
	for i, s := range all {
		out[i] = sessionView{s.ID, s.Began, s.Expires, s.Client.Address, s.Client.UserAgent, s.Current}
	}
	return out
}

// listSessions gives the caller's own open sessions, the newest first.
func (a *API) listSessions() {
	route(a, operation("listSessions", "GET", "/v1/sessions", "sessions", "Your open sessions", "The newest first."), signedIn,
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[sessionsAnswer], error) {
			out, err := a.Menu.ListSessions(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			return reply(a, journal.Position{}, sessionsAnswer{sessionViews(out.Value)}), nil
		})
}
