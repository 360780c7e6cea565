package sqlite

import (
	"context"
	"database/sql"
	"errors"

	"accountledger/projections/view"
)

// reach decides how words are looked up, in numbers of documents.
//
// A page of rare words starts from the full-text index. A page of words that more documents have is looked up along the index
// that sorts, where they are found soon if they are spread out. If they are not found within near rows, or within as many rows as
// cost what reading all their documents would, and fewer than many documents have them, the page starts from the full-text index
// after all. So does a count, below many.
type reach struct{ rare, near, many int }

var usualReach = reach{rare: 2000, near: 50_000, many: 100_000}

// apart is how many rows along an index cost as much as one document found through the full-text index.
const apart = 5

// fewer reports whether fewer than that many documents have the words. It counts no further than that.
func (a *asking) fewer(ctx context.Context, than int) (bool, error) {
	if a.counted < than {
		err := a.from.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT 1 FROM postings WHERE postings MATCH ? LIMIT ?)`,
			match(a.plan.Words), than).Scan(&a.having)
		if err != nil {
			return false, err
		}
		a.counted = than
	}
	return a.having < than, nil
}

// chooseWords decides how words are looked up.
func (a *asking) chooseWords(ctx context.Context) (err error) {
	if len(a.plan.Words) == 0 {
		return nil
	}
	if a.plan.Total || a.plan.Group != nil || a.plan.Histogram != nil {
		if a.allByWords, err = a.fewer(ctx, a.reach.many); err != nil {
			return err
		}
	}
	a.byWords, err = a.fewer(ctx, a.reach.rare)
	return err
}

// walk reads the first documents of a segment that have common words.
func (a *asking) walk(ctx context.Context, plan *view.Plan, part segment, most int) ([]*view.Document, error) {
	for rows := a.reach.near; ; rows = a.having * apart {
		near, more, err := a.nearby(ctx, plan, part, rows)
		if err != nil {
			return nil, err
		}
		docs, err := a.read(ctx, plan, near, most, false)
		if err != nil || !more || len(docs) == most {
			return docs, err
		}
		few, err := a.fewer(ctx, a.reach.many)
		if err != nil {
			return nil, err
		}
		if !few || rows >= a.having*apart {
			return a.read(ctx, plan, part, most, few)
		}
	}
}

// nearby limits a segment to a number of rows, in its order; false if it has no more than that, or if no index has them in that
// order, so that all must be read anyway.
func (a *asking) nearby(ctx context.Context, plan *view.Plan, part segment, rows int) (segment, bool, error) {
	if part.by == nil || !a.inOrder(plan.Where, part.by.Field) {
		return part, false, nil
	}
	all := *plan
	all.Words = nil
	column := "docs." + a.layout.column(part.by.Field)
	order, within := column, " <= ?"
	if part.by.Desc {
		order, within = column+" DESC", " >= ?"
	}
	var t sqlText
	t.add(`SELECT ` + column)
	a.layout.source(&t, &all, false)
	t.add(part.where, part.args...)
	t.add(` AND `+column+` IS NOT NULL ORDER BY `+order+` LIMIT 1 OFFSET ?`, rows)
	var last any
	err := a.from.QueryRowContext(ctx, t.String(), t.args...).Scan(&last)
	if errors.Is(err, sql.ErrNoRows) {
		return part, false, nil
	}
	part.where += " AND " + column + within
	part.args = append(part.args[:len(part.args):len(part.args)], last)
	return part, true, err
}
