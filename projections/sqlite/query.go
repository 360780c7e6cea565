package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"accountledger/projections/view"
)

// querier runs one statement: a transaction or a pool.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// asking is one query in progress: all its statements see the same state.
type asking struct {
	*store
	from querier
	plan *view.Plan
	// byWords says whether a page starts from the full-text index, and allByWords
	// whether a count does.
	byWords, allByWords bool
	// having is how many documents have the words, counted no further than counted.
	having, counted int
}

func (s *store) query(ctx context.Context, query *view.Query) (*view.Result, error) {
	plan, err := view.NewPlan(s.schema, query)
	if err != nil {
		return nil, err
	}
	if s.filling.Load() {
		return nil, view.ErrFilling
	}
	snapshot, err := s.reading.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	// Nothing was written, so a failed rollback loses nothing.
	defer func() { _ = snapshot.Rollback() }()
	a := &asking{store: s, from: snapshot, plan: plan}
	if err := a.chooseWords(ctx); err != nil {
		return nil, err
	}
	return a.answer(ctx)
}

func (a *asking) answer(ctx context.Context) (*view.Result, error) {
	result := &view.Result{Total: -1}
	err := a.page(ctx, result)
	if err == nil && a.plan.Total {
		result.Total, err = a.total(ctx)
	}
	if err == nil && a.plan.Group != nil {
		err = a.group(ctx, result)
	}
	if err == nil && a.plan.Histogram != nil {
		result.Buckets, err = a.histogram(ctx)
	}
	if err != nil {
		return nil, err
	}
	return result, nil
}

// page reads one document more than requested, to know whether there are more.
func (a *asking) page(ctx context.Context, result *view.Result) error {
	if a.plan.Limit == 0 {
		return nil
	}
	most := a.plan.Limit + 1
	plans := a.spread()
	parts := a.layout.segments(a.plan.Sort, a.plan.After)
	if a.plan.Where == nil && !a.byWords {
		parts = a.layout.along(a.plan, parts)
	}
	for _, part := range parts {
		var found []*view.Document
		for _, plan := range plans {
			if err := a.part(ctx, plan, part, most-len(result.Documents), &found); err != nil {
				return err
			}
		}
		if len(plans) > 1 {
			a.merge(found)
		}
		result.Documents = append(result.Documents, found...)
		if len(result.Documents) >= most {
			result.Documents = result.Documents[:a.plan.Limit]
			result.Next = a.plan.Next(result.Documents[a.plan.Limit-1])
			return nil
		}
	}
	return nil
}

// part reads the first documents of one segment.
func (a *asking) part(ctx context.Context, plan *view.Plan, part segment, most int, found *[]*view.Document) error {
	var docs []*view.Document
	var err error
	if len(plan.Words) > 0 && !a.byWords {
		docs, err = a.walk(ctx, plan, part, most)
	} else {
		docs, err = a.read(ctx, plan, part, most, a.byWords)
	}
	*found = append(*found, docs...)
	return err
}

// read reads them in one way: from the full-text index, or from the rows that the rest of the plan visits.
func (a *asking) read(ctx context.Context, plan *view.Plan, part segment, most int, byWords bool) (docs []*view.Document, err error) {
	var t sqlText
	t.add(`SELECT ` + a.layout.selected())
	a.layout.source(&t, plan, byWords)
	t.add(part.where, part.args...)
	t.add(` ORDER BY `+part.order+` LIMIT ?`, most)
	rows, err := a.from.QueryContext(ctx, t.String(), t.args...)
	if err != nil {
		return nil, err
	}
	err = a.scan(rows, func(d *view.Document) { docs = append(docs, d) })
	return docs, err
}

func (a *asking) total(ctx context.Context) (n int64, err error) {
	if tally := a.tally(nil, view.NoField, view.NoField); tally != nil {
		t := tally.total()
		err = a.from.QueryRowContext(ctx, t.String(), t.args...).Scan(&n)
		return n, err
	}
	var t sqlText
	switch {
	case a.plan.Where == nil && len(a.plan.Words) == 0:
		return a.count(ctx, a.from)
	case a.plan.Where == nil:
		t.add(`SELECT count(*) FROM postings WHERE postings MATCH ?`, match(a.plan.Words))
	default:
		t.add(`SELECT count(*)`)
		a.layout.source(&t, a.plan, a.allByWords)
	}
	err = a.from.QueryRowContext(ctx, t.String(), t.args...).Scan(&n)
	return n, err
}

// count adds up a tally if there is one. Otherwise it counts all rows, which SQLite does page by page, and subtracts
// the few tombstones.
func (s *store) count(ctx context.Context, from querier) (n int64, err error) {
	if len(s.layout.tallies) > 0 {
		err = from.QueryRowContext(ctx, `SELECT coalesce(sum(members), 0) FROM `+s.layout.tallies[0].table+` WHERE width = 0`).Scan(&n)
		return n, err
	}
	err = from.QueryRowContext(ctx,
		`SELECT (SELECT count(*) FROM docs) - (SELECT count(*) FROM docs WHERE deleted = 1)`).Scan(&n)
	return n, err
}

// summed is the expression that sums a number field, 0 if none is requested.
func (l *layout) summed(field int) string {
	if field == view.NoField {
		return "0"
	}
	return fmt.Sprintf("sum(coalesce(docs.%s, 0))", l.column(field))
}
