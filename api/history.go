package api

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

type historyIn struct {
	Limit  string `query:"limit" format:"page-size" doc:"1 to 200, by default 50."`
	Cursor string `query:"cursor" format:"cursor" doc:"From the previous page."`
}

type historyAnswer struct {
	Entries []historyView `json:"entries"`
	Cursor  string        `json:"cursor,omitzero" doc:"For the next page; missing on the last one."`
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

const (
	historyPage = 50
	historyMost = 200
)

// history shows a person the entries about their account, newest first, back to the first. It reads the log itself, so it is never stale.
func (a *API) history() {
	route(a, operation("history", "GET", "/v1/me/history", "me", "See your account's history",
		"The ledger's entries about you, newest first, page by page back to the first."),
		of(a.Menu.History.May),
		func(ctx context.Context, r *ask, in *historyIn) (*answer[historyAnswer], error) {
			asked, err := a.historyAsked(r.Caller, in)
			if err != nil {
				return nil, err
			}
			out, err := a.Menu.History(ctx, r.Request, asked)
			if err != nil {
				return nil, err
			}
			ans := historyAnswer{Entries: make([]historyView, len(out.Value.Entries))}
			for i, e := range out.Value.Entries {
				ans.Entries[i] = historyView{e.ID, e.Type, e.At, e.Actor, e.Channel, details(e.Details)}
			}
			if next := out.Value.Next; next != nil {
				place := fmt.Sprintf("%d %d %s", next.At.UnixNano(), next.Version, next.Stream)
				ans.Cursor = a.cursors.Seal([]byte(place), historyBinding(r.Caller))
			}
			return reply(a, journal.Position{}, ans), nil
		}, errPageSize, errCursor)
}

// historyBinding ties a cursor to the caller and the list.
func historyBinding(c domain.Caller) []byte {
	return bytes.Join([][]byte{[]byte("history"), []byte(c.Actor.Kind), []byte(c.Actor.ID.String())}, []byte{0})
}

func (a *API) historyAsked(c domain.Caller, in *historyIn) (out commands.ListHistory, err error) {
	out.Most = historyPage
	if in.Limit != "" {
		if out.Most, err = strconv.Atoi(in.Limit); err != nil || out.Most < 1 || out.Most > historyMost {
			return out, errPageSize
		}
	}
	if in.Cursor == "" {
		return out, nil
	}
	place, err := a.cursors.Open(in.Cursor, historyBinding(c))
	if err != nil {
		return out, errCursor
	}
	var at int64
	if _, err := fmt.Sscanf(string(place), "%d %d %s", &at, &out.After.Version, &out.After.Stream); err != nil {
		return out, errCursor
	}
	out.After.At = time.Unix(0, at).UTC()
	return out, nil
}
