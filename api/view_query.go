package api

import (
	"context"
	"errors"

	"github.com/go-json-experiment/json"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

type queryViewIn struct {
	Awaiting
	View string `path:"view" format:"view" doc:"accounts, permissions, devices, accesses, activity or daily. Analysts may query daily only." example:"daily"`
	Body body[queryBody]
}

type queryBody struct {
	Filter    *view.Filter    `json:"filter,omitzero" doc:"A tree of all, any, not and comparisons of fields (eq, in, lt, lte, gt, gte, exists). Encrypted fields cannot be used."`
	Words     string          `json:"words,omitzero" doc:"Words that must all occur; the last one may end in *."`
	Sort      []view.Order    `json:"sort,omitzero" doc:"At most 4 fields; ties are broken by id."`
	Limit     int             `json:"limit,omitzero" doc:"How many documents to return. Defaults to 50, or to none with group or histogram."`
	Cursor    string          `json:"cursor,omitzero" format:"cursor" doc:"From the previous page; the rest of the query must be the same."`
	Group     *view.Group     `json:"group,omitzero"`
	Histogram *view.Histogram `json:"histogram,omitzero"`
	WithTotal bool            `json:"with_total,omitzero" doc:"Also count all matching documents."`
	Purpose   string          `json:"purpose,omitzero" format:"look-purpose" doc:"Required if the filter names people."`
	Case      domain.CaseID   `json:"case,omitzero" doc:"The case that this belongs to. Required if the filter names people." example:"DSR-2026-0042"`
}

// canonical is the query without its paging and its reason: the same query gives the same bytes.
func (q queryBody) canonical() ([]byte, error) {
	q.Cursor, q.Limit, q.Purpose, q.Case = "", 0, "", ""
	return json.Marshal(q, json.Deterministic(true))
}

// queryView searches a view. The query is recorded before it is answered; if it cannot be recorded, nothing is shown.
// The answer holds no personal data: encrypted fields are left out. If the filter names people, by a comparison anywhere in it, the query is
// a look at each of them: it needs what a look needs, and they see it. What it happens to find is not what makes it one.
func (a *API) queryView() {
	route(a, operation("queryView", "POST", "/v1/views/{view}/query", "looking", "Search a view",
		"For compliance officers. Analysts may query only daily, and see only cells of at least 10 people, of days that ended a day ago. "+
			"Recorded before it is answered. "+
			"A filter that compares an id of a person, or of something that is theirs, is a look at that person, who sees it: it needs purpose and case, "+
			"and a proof of who you are that is at most 15 minutes old (403 step_up_required). It names at most 20."), viewers,
		func(ctx context.Context, r *ask, in *queryViewIn) (*answer[queryAnswer], error) {
			schema, ok := a.Views.Schema(in.View)
			if !ok {
				return nil, domain.ErrNotFound
			}
			asked, err := in.Body.value.canonical()
			if err != nil {
				return nil, err
			}
			b := in.Body.value
			p := page{view: in.View, schema: schema, asked: asked, cursor: b.Cursor, caller: r.Caller}
			if p.query, err = a.viewQuery(r.Caller, schema, b); err != nil {
				return nil, err
			}
			record := commands.RecordQuery{View: domain.ViewName(schema.Name), Query: asked, Why: commands.Why{Purpose: domain.Purpose(b.Purpose), Case: b.Case}}
			if err := a.prepare(ctx, &p, &record, in.Min); err != nil {
				return nil, err
			}
			found, next, err := a.read(ctx, p)
			if err != nil {
				return nil, err
			}
			record.Rows = len(found.Documents) + len(found.Groups) + len(found.Buckets)
			recorded, err := a.Menu.RecordQuery(ctx, r.Request, record)
			if err != nil {
				return nil, err
			}
			return reply(a, recorded.Position, queryAnswerOf(schema, p.query, found, next, withheldFrom(r.Caller))), nil
		}, domain.ErrNotFound, domain.ErrLookPurpose, domain.ErrCase, domain.ErrNamed, domain.ErrQuestion, errID, errQuery, errBuckets,
		errCursor, domain.ErrStepUp)
}

// prepare refuses a query that may not be asked, before anything is read, and finds whom it names.
func (a *API) prepare(ctx context.Context, p *page, record *commands.RecordQuery, minimum string) (err error) {
	if p.from, err = a.openPosition(minimum); err != nil {
		return err
	}
	if err := view.Check(p.schema, &p.query); err != nil {
		return queryRefusal(err)
	}
	mentions := p.schema.Mentions(p.query.Filter)
	record.Names = len(mentions) > 0
	if err := ids(mentions); err != nil {
		return err
	}
	if err := record.MayName(p.caller); err != nil || !record.Names {
		return err
	}
	record.People, err = a.people(ctx, p, mentions)
	return err
}

// untilNow is the end of the log, or a position that was asked for if that is further.
func (a *API) untilNow(ctx context.Context, asked journal.Position) (journal.Position, error) {
	head, err := a.Head(ctx)
	if err != nil {
		return head, domain.ErrUnavailable.After(1).Because(err)
	}
	if asked.Compare(head) > 0 {
		return asked, nil
	}
	return head, nil
}

// viewQuery is the query, limited to what the caller may see.
func (a *API) viewQuery(c domain.Caller, schema *view.Schema, b queryBody) (view.Query, error) {
	q := view.Query{Filter: b.Filter, Words: b.Words, Sort: b.Sort, Limit: b.Limit, Total: b.WithTotal, Group: b.Group, Histogram: b.Histogram}
	if c.Has(domain.RoleCompliance) {
		return q, nil
	}
	err := limitDaily(schema, &q, a.Now())
	return q, err
}

// withheldFrom says which fields of documents the caller does not see.
func withheldFrom(c domain.Caller) func(field string) bool {
	if c.Has(domain.RoleCompliance) {
		return func(string) bool { return false }
	}
	return isPartCount
}

// page is a request for one page of a query's answer.
type page struct {
	view   string
	schema *view.Schema
	query  view.Query
	asked  []byte // the canonical query
	cursor string
	caller domain.Caller
	from   journal.Position // that the view must have reached
}

// read gives a page and the cursor of the next one, if any.
func (a *API) read(ctx context.Context, p page) (*view.Result, string, error) {
	before, err := a.openCursor(&p)
	if err != nil {
		return nil, "", err
	}
	if err := view.Check(p.schema, &p.query); err != nil {
		return nil, "", queryRefusal(err)
	}
	found, generation, err := a.Views.Query(ctx, p.view, p.query, p.from, a.Wait)
	switch {
	case err != nil:
		return nil, "", queryRefusal(err)
	case before != "" && before != generation.String():
		return nil, "", errCursor
	case found.Next == nil:
		return found, "", nil
	}
	next, err := a.sealCursor(&p, generation.String(), found.Next)
	return found, next, err
}

// queryRefusal turns an error of a view into a refusal.
func queryRefusal(err error) error {
	var invalid *view.InvalidError
	switch {
	case errors.As(err, &invalid):
		if invalid.Pointer == "/after" {
			return errCursor
		}
		e := *errQuery
		e.Field, e.Message = invalid.Pointer, "This "+invalid.Message+"."
		return &e
	case errors.Is(err, view.ErrTooManyBuckets):
		return errBuckets
	case errors.Is(err, ErrBehind):
		return errBehind.Because(err)
	case errors.Is(err, view.ErrFilling), errors.Is(err, view.ErrNoGeneration), errors.Is(err, view.ErrClosed), errors.Is(err, view.ErrUnavailable):
		return domain.ErrUnavailable.After(5).Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return domain.ErrUnavailable.After(1).Because(err)
	default:
		return err
	}
}
