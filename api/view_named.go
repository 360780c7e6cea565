package api

import (
	"context"
	"strings"

	"accountledger/domain"
	"accountledger/projections/view"
)

// ids checks what a filter names people by, and counts it: a wrong id could only be a mistake, and each person is recorded.
func ids(mentions []view.Mention) error {
	distinct := map[string]bool{}
	for _, m := range mentions {
		if _, ok := domain.ParseID(namedID(m)); !ok {
			return errID.At(m.Pointer)
		}
		distinct[m.Value] = true
	}
	if len(distinct) > domain.MaxNamed {
		return domain.ErrNamed
	}
	return nil
}

// namedID is the id in a value that names somebody: what precedes a slash.
func namedID(m view.Mention) string {
	id, _, _ := strings.Cut(m.Value, "/")
	return id
}

// people are those whom a filter names, in its order: by their own ids, then by ids of what is theirs. Whose a thing is says the view
// itself, which the query then waits for until it is where the log is now: so it knows whatever the caller can know.
func (a *API) people(ctx context.Context, p *page, mentions []view.Mention) (out []domain.AccountID, err error) {
	var things view.Filter
	for _, m := range mentions {
		if m.Naming == view.NamesThing {
			things.Any = append(things.Any, *view.Compare(m.Field, view.Eq, view.Text(m.Value)))
		} else if id, ok := domain.ParseID(namedID(m)); ok {
			out = append(out, domain.AccountID{UUID: id})
		}
	}
	if things.Any == nil {
		return out, nil
	}
	if p.from, err = a.untilNow(ctx, p.from); err != nil {
		return nil, err
	}
	found, _, err := a.Views.Query(ctx, p.view, view.Query{Filter: &things, Group: &view.Group{By: []string{p.schema.Person}}}, p.from, a.Wait)
	if err != nil {
		return nil, queryRefusal(err)
	}
	for _, g := range found.Groups {
		if id, ok := domain.ParseID(g.Keys[0].Text()); ok {
			out = append(out, domain.AccountID{UUID: id})
		}
	}
	return out, nil
}
