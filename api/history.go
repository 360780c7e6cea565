package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
	"accountledger/journal"
)

type historyAnswer struct {
	Entries []historyView `json:"entries"`
}

type historyView struct {
	ID      domain.EventID   `json:"id" format:"uuid"`
	Type    string           `json:"type" doc:"What happened, with the version of the event's format." example:"permission.granted.v1"`
	At      time.Time        `json:"at"`
	Actor   domain.ActorKind `json:"actor" doc:"Who did it: person is you, system the ledger itself."`
	Channel domain.Channel   `json:"channel"`
	Details details          `json:"details" doc:"The event's data, decrypted. Personal parts are null if their key was destroyed."`
}

// details is an event's data as decrypted by the journal.
type details jsontext.Value

// MarshalJSONTo writes it as it is.
func (d details) MarshalJSONTo(e *jsontext.Encoder) error { return e.WriteValue(jsontext.Value(d)) }

// Schema says that it is an object.
func (details) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// history shows a person the entries about their account, newest first, at most 500. It reads the log itself, so it is
// never stale.
func (a *API) history() {
	route(a, operation("history", "GET", "/v1/me/history", "me", "See your account's history", "The ledger's entries about you, newest first, at most 500."),
		of(a.Menu.History.May),
		func(ctx context.Context, r *ask, _ *struct{}) (*answer[historyAnswer], error) {
			out, err := a.Menu.History(ctx, r.Request, struct{}{})
			if err != nil {
				return nil, err
			}
			ans := historyAnswer{make([]historyView, len(out.Value))}
			for i, e := range out.Value {
				ans.Entries[i] = historyView{e.ID, e.Type, e.At, e.Actor, e.Channel, details(e.Details)}
			}
			return reply(a, journal.Position{}, ans), nil
		})
}
