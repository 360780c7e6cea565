package api

import (
	"bytes"
	"context"
	"strconv"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

const (
	signInsPage = 50
	signInsMost = 200
)

type signInsIn struct {
	Limit  string `query:"limit" format:"page-size" doc:"1 to 200, by default 50."`
	Cursor string `query:"cursor" format:"cursor" doc:"From the previous page."`
}

type signInsAnswer struct {
	SignIns []pastSignIn `json:"sign_ins"`
	Cursor  string       `json:"cursor,omitzero" doc:"For the next page; missing on the last one."`
}

type pastSignIn struct {
	Session   domain.SessionID     `json:"session" format:"uuid"`
	At        time.Time            `json:"at"`
	ExpiresAt time.Time            `json:"expires_at"`
	Level     domain.Level         `json:"level" doc:"1: one factor."`
	Methods   []domain.AuthMethod  `json:"methods" doc:"How you signed in."`
	NewClient bool                 `json:"new_client" doc:"Whether the client was not known."`
	Unusual   []domain.Unusual     `json:"unusual,omitzero" doc:"For what else it was unusual; missing: for nothing."`
	Address   string               `json:"address,omitzero" doc:"The client's. It, the user agent and the country are deleted after a year."`
	UserAgent string               `json:"user_agent,omitzero"`
	Country   domain.Region        `json:"country,omitzero" doc:"The country that the address was in then (ISO 3166-1), if the operator has a database of countries."`
	RaisedAt  time.Time            `json:"raised_at,omitzero" doc:"When you last proved again who you are in this session."`
	Ended     domain.SessionEnding `json:"ended,omitzero" doc:"Why the session ended, such as signed_out_everywhere: with all others, also by another password. Missing while it is open."`
	EndedAt   time.Time            `json:"ended_at,omitzero" doc:"Missing if that is not known."`
	Current   bool                 `json:"current" doc:"Whether it is the session of this request."`
}

// signIns shows a person their sign-ins, newest first, of the months for which clients are kept. It reads the log itself, so it is never
// stale. It can be read during the grace of an erasure.
func (a *API) signIns() {
	route(a, operation("signIns", "GET", "/v1/me/sign-ins", "me", "See your sign-ins",
		"Newest first, of the last twelve months: from where and how you signed in, what was unusual about it, and how the session ended."),
		of(a.Menu.ListSignIns.May),
		func(ctx context.Context, r *ask, in *signInsIn) (*answer[signInsAnswer], error) {
			asked, err := a.signInsAsked(r.Caller, in)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.ListSignIns(ctx, r.Request, asked)
			if err != nil {
				return nil, err
			}
			ans := signInsAnswer{SignIns: make([]pastSignIn, len(out.Value.SignIns))}
			for i, s := range out.Value.SignIns {
				ans.SignIns[i] = pastSignIn{s.Session, s.At, s.Expires, s.Level, s.Methods, s.NewClient, s.Unusual, s.Client.Address, s.Client.UserAgent,
					s.Client.Country, s.RaisedAt, s.Ended, s.EndedAt, s.Current}
			}
			if next := out.Value.Next; next != nil {
				place := string(next.Month) + " " + strconv.FormatInt(next.Version, 10)
				ans.Cursor = a.cursors.Seal([]byte(place), signInsBinding(r.Caller))
			}
			return reply(a, journal.Position{}, ans), nil
		}, errPageSize, errCursor)
}

// signInsBinding ties a cursor to the caller and the list.
func signInsBinding(c domain.Caller) []byte {
	return bytes.Join([][]byte{[]byte("sign-ins"), []byte(c.Actor.Kind), []byte(c.Actor.ID.String())}, []byte{0})
}

func (a *API) signInsAsked(c domain.Caller, in *signInsIn) (out commands.ListSignIns, err error) {
	out.Most = signInsPage
	if in.Limit != "" {
		if out.Most, err = strconv.Atoi(in.Limit); err != nil || out.Most < 1 || out.Most > signInsMost {
			return out, errPageSize
		}
	}
	if in.Cursor == "" {
		return out, nil
	}
	place, err := a.cursors.Open(in.Cursor, signInsBinding(c))
	if err != nil {
		return out, errCursor
	}
	month, version, _ := bytes.Cut(place, []byte(" "))
	out.After.Month = domain.Month(month)
	if out.After.Version, err = strconv.ParseInt(string(version), 10, 64); err != nil || out.After.Month.Validate() != nil {
		return out, errCursor
	}
	return out, nil
}
