package api

import (
	"context"
	"strconv"
	"strings"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// accessesView is the view of every look at somebody's data.
const accessesView = "accesses"

const (
	accessesPage = 50
	accessesMost = 200
)

type accessesIn struct {
	Awaiting
	Limit  string `query:"limit" format:"page-size" doc:"1 to 200, by default 50."`
	Cursor string `query:"cursor" format:"cursor" doc:"From the previous page."`
}

type accessesAnswer struct {
	Accesses []accessAnswer `json:"accesses"`
	Cursor   string         `json:"cursor,omitzero" doc:"For the next page; missing on the last one."`
}

type accessAnswer struct {
	ID         string     `json:"id" format:"uuid" doc:"The ledger entry that records it."`
	At         time.Time  `json:"at"`
	Kind       string     `json:"kind" doc:"decided: a service asked to use your data. revealed: an officer saw it. looked_up: an officer searched for your address. queried: an officer searched the records about you. question_revealed: an officer read such a search."`
	By         accessedBy `json:"by"`
	Permission string     `json:"permission,omitzero"`
	Purpose    string     `json:"purpose,omitzero" doc:"What for."`
	Outcome    string     `json:"outcome,omitzero" doc:"allowed or denied."`
	Parts      []string   `json:"parts,omitzero" doc:"What was shown."`
	View       string     `json:"view,omitzero" doc:"The records that were searched, such as activity."`
}

type accessedBy struct {
	Kind string `json:"kind" doc:"service or staff."`
	ID   string `json:"id" format:"uuid" doc:"Opaque: which service or officer."`
}

// accesses shows a person who looked at their data or asked to use it. It waits for the end of the log at the time of the request,
// so it is never stale.
func (a *API) accesses() {
	route(a, operation("accesses", "GET", "/v1/me/accesses", "me", "Who looked at your data", "Services that asked and officers who looked, newest first."),
		of(a.Menu.Accesses),
		func(ctx context.Context, r *ask, in *accessesIn) (*answer[accessesAnswer], error) {
			p, err := a.accessesPage(ctx, r.Caller, in)
			if err != nil {
				return nil, err
			}
			found, next, err := a.read(ctx, p)
			if err != nil {
				return nil, err
			}
			ans := accessesAnswer{Accesses: make([]accessAnswer, len(found.Documents)), Cursor: next}
			for i, d := range found.Documents {
				ans.Accesses[i] = accessOf(p.schema, d)
			}
			return reply(a, journal.Position{}, ans), nil
		}, errPageSize, errCursor)
}

// accessesPage is the query for accesses to a person's data by others.
func (a *API) accessesPage(ctx context.Context, c domain.Caller, in *accessesIn) (p page, err error) {
	schema, ok := a.Views.Schema(accessesView)
	if !ok {
		return p, domain.ErrUnavailable
	}
	me := c.Account.String()
	p = page{view: accessesView, schema: schema, cursor: in.Cursor, caller: c, query: view.Query{Limit: accessesPage,
		Filter: view.All(view.Compare("subject", view.Eq, view.Text(me)), &view.Filter{Not: view.Compare("actor", view.Eq, view.Text(me))}),
		Sort:   []view.Order{{Field: "at", Desc: true}}}}
	if in.Limit != "" {
		if p.query.Limit, err = strconv.Atoi(in.Limit); err != nil || p.query.Limit < 1 || p.query.Limit > accessesMost {
			return p, errPageSize
		}
	}
	asked, err := a.openPosition(in.Min)
	if err != nil {
		return p, err
	}
	p.from, err = a.untilNow(ctx, asked)
	return p, err
}

// accessOf leaves out the case, which concerns the officer's work and not the person.
func accessOf(schema *view.Schema, d *view.Document) accessAnswer {
	value := func(name string) view.Value {
		if at := schema.Field(name); at >= 0 && at < len(d.Values) {
			return d.Values[at]
		}
		return view.Value{}
	}
	text := func(name string) string { return value(name).Text() }
	out := accessAnswer{ID: d.ID, At: value("at").Time(), Kind: text("kind"), By: accessedBy{text("actor_kind"), text("actor")},
		Permission: text("permission"), Purpose: text("purpose"), Outcome: text("outcome"), View: text("view")}
	if parts := text("parts"); parts != "" {
		out.Parts = strings.Split(parts, ", ")
	}
	return out
}
