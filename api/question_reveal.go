package api

import (
	"context"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

type revealQuestionIn struct {
	ID   string `path:"id" format:"uuid" doc:"The record of the query, from the view accesses."`
	Body body[revealQuestionBody]
}

type revealQuestionBody struct {
	Purpose string        `json:"purpose" format:"look-purpose"`
	Case    domain.CaseID `json:"case" doc:"The case that this belongs to." example:"AUD-2026-0007"`
}

type revealQuestionAnswer struct {
	Record domain.EventID `json:"record" format:"uuid" doc:"The entry that records this look."`
	Asked  document       `json:"asked" doc:"The record that keeps the question, as in the view accesses: who asked, when, of which view, why. Another one than was named if the query named several people."`
	Query  details        `json:"query" doc:"What was asked, without paging."`
}

// revealQuestion shows what an officer asked of a view, after recording that it is read. A record that keeps no question is answered like one
// that does not exist.
func (a *API) revealQuestion() {
	route(a, operation("revealQuestion", "POST", "/v1/questions/{id}/reveal", "looking", "Show what an officer asked of a view",
		"For compliance officers, with purpose and case, to audit each other. Recorded before it is shown."), of(a.Menu.RevealQuestion.May),
		func(ctx context.Context, r *ask, in *revealQuestionIn) (*answer[revealQuestionAnswer], error) {
			id, err := pathID(in.ID)
			if err != nil {
				return nil, err
			}
			b := in.Body.value
			ask := commands.RevealQuestion{Why: commands.Why{Purpose: domain.Purpose(b.Purpose), Case: b.Case}, Asked: domain.EventID{UUID: id}}
			if err := ask.Validate(); err != nil {
				return nil, err
			}
			schema, asked, err := a.asked(ctx, id)
			if err != nil {
				return nil, err
			}
			if asked != nil {
				at, _ := domain.ParseID(asked.ID)
				if ask.Named, err = a.named(ctx, at); err != nil {
					return nil, err
				}
				ask.Asked, ask.Carried = domain.EventID{UUID: at}, asked.Values[schema.Field("question")].Sealed()
			}
			out, err := a.Menu.RevealQuestion(ctx, r.Request, ask)
			if err != nil {
				return nil, err
			}
			return reply(a, out.Position, revealQuestionAnswer{Record: out.Value.Record, Query: details(out.Value.Query),
				Asked: documentOf(schema, asked, withheldFrom(r.Caller))}), nil
		}, domain.ErrNotFound, domain.ErrQuestionGone)
}

// asked is the record that keeps the question of a query, as of now; nil if there is none. The record of a query that named several people leads to the
// first one's.
func (a *API) asked(ctx context.Context, id uuid.UUID) (*view.Schema, *view.Document, error) {
	schema, ok := a.Views.Schema(accessesView)
	if !ok {
		return nil, nil, domain.ErrUnavailable
	}
	from, err := a.untilNow(ctx, journal.Position{})
	if err != nil {
		return nil, nil, err
	}
	filter := view.All(view.Compare("kind", view.Eq, view.Text("queried")), view.Compare("id", view.Eq, view.Text(id.String())))
	found, _, err := a.Views.Query(ctx, accessesView, view.Query{Filter: filter}, from, a.Wait)
	if err != nil {
		return nil, nil, queryRefusal(err)
	}
	if len(found.Documents) == 0 {
		return schema, nil, nil
	}
	one := found.Documents[0]
	value := func(field string) view.Value {
		if at := schema.Field(field); at >= 0 && at < len(one.Values) {
			return one.Values[at]
		}
		return view.Value{}
	}
	if first, ok := domain.ParseID(value("asked").Text()); ok && first != id {
		return a.asked(ctx, first)
	}
	if value("question").Missing() {
		return schema, nil, nil
	}
	return schema, one, nil
}

// named are those whom a query named: whom its records are about.
func (a *API) named(ctx context.Context, first uuid.UUID) (people []domain.AccountID, err error) {
	id := view.Text(first.String())
	filter := view.All(view.Compare("kind", view.Eq, view.Text("queried")),
		&view.Filter{Any: []view.Filter{*view.Compare("id", view.Eq, id), *view.Compare("asked", view.Eq, id)}})
	found, _, err := a.Views.Query(ctx, accessesView, view.Query{Filter: filter, Limit: domain.MaxNamed}, journal.Position{}, a.Wait) // asked has waited
	if err != nil {
		return nil, queryRefusal(err)
	}
	schema, _ := a.Views.Schema(accessesView)
	at := schema.Field("subject")
	for _, d := range found.Documents {
		if at >= 0 && at < len(d.Values) {
			if id, ok := domain.ParseID(d.Values[at].Text()); ok {
				people = append(people, domain.AccountID{UUID: id})
			}
		}
	}
	return people, nil
}
