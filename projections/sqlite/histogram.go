package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"accountledger/projections/view"
)

// histogram counts by time. If a tally can answer, its cells are added up. If an index has the documents in the order of the
// time, each stretch of a bucket is one count over a range of it; otherwise the
// times are read and put into buckets here.
func (a *asking) histogram(ctx context.Context) ([]view.Bucket, error) {
	buckets := map[int64]*view.Bucket{}
	h := a.plan.Histogram
	var err error
	if t := a.tally(nil, h.Field, h.Sum); t != nil {
		err = a.countTally(ctx, t, buckets)
	} else if len(a.plan.Words) == 0 && a.inOrder(a.plan.Where, h.Field) {
		err = a.countRanges(ctx, buckets)
	} else {
		var documents sqlText
		a.layout.source(&documents, a.plan, a.allByWords)
		documents.add(` AND docs.` + a.layout.column(h.Field) + ` IS NOT NULL`)
		err = a.countTimes(ctx, &stretches{clock: h.Clock}, buckets, &documents)
	}
	if err != nil {
		return nil, err
	}
	all := make([]view.Bucket, 0, len(buckets))
	for _, b := range buckets {
		b.Label = a.plan.Histogram.Clock.Label(b.Start)
		all = append(all, *b)
	}
	slices.SortFunc(all, func(x, y view.Bucket) int { return cmp.Compare(x.Start, y.Start) })
	return all, nil
}

// inOrder reports whether an index has a filter's documents in the order of a field: the field comes right after fields
// that the filter fixes to one value each.
func (a *asking) inOrder(where *view.Node, field int) bool {
	fixed := map[int]bool{}
	equalities(where, fixed, map[int]*view.Node{})
	for _, index := range a.schema.Indexes {
		for _, name := range index {
			place := a.schema.Field(strings.TrimPrefix(name, "-"))
			if place == field {
				return true
			}
			if !fixed[place] {
				break
			}
		}
	}
	return false
}

func (a *asking) countRanges(ctx context.Context, buckets map[int64]*view.Bucket) error {
	h := a.plan.Histogram
	column := "docs." + a.layout.column(h.Field)
	var first, within sqlText
	first.add(`SELECT ` + column)
	a.layout.source(&first, a.plan, false)
	first.add(` AND ` + column + ` >= ? ORDER BY ` + column + ` LIMIT 1`)
	within.add(`SELECT count(*), coalesce(` + a.layout.summed(h.Sum) + `, 0)`)
	a.layout.source(&within, a.plan, false)
	within.add(` AND ` + column + ` >= ? AND ` + column + ` < ?`)

	counting, err := a.from.PrepareContext(ctx, within.String())
	if err != nil {
		return err
	}
	defer func() { _ = counting.Close() }()

	at, empty := int64(0), true
	for {
		if empty {
			err := a.from.QueryRowContext(ctx, first.String(), append(slices.Clone(first.args), at)...).Scan(&at)
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			if err != nil {
				return err
			}
		}
		stretch := h.Clock.Stretch(at)
		var n, sum int64
		err := counting.QueryRowContext(ctx, append(slices.Clone(within.args), at, stretch.Until)...).Scan(&n, &sum)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := addTo(buckets, stretch.Start, n, sum); err != nil {
				return err
			}
		}
		at, empty = stretch.Until, n == 0
	}
}

// countTimes reads the times of documents, given their FROM and WHERE.
func (a *asking) countTimes(ctx context.Context, known *stretches, buckets map[int64]*view.Bucket, documents *sqlText) error {
	h := a.plan.Histogram
	column := "docs." + a.layout.column(h.Field)
	summed := "0"
	if h.Sum != view.NoField {
		summed = "coalesce(docs." + a.layout.column(h.Sum) + ", 0)"
	}
	rows, err := a.from.QueryContext(ctx, `SELECT `+column+`, `+summed+documents.String(), documents.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var at, sum int64
		if err := rows.Scan(&at, &sum); err != nil {
			return err
		}
		if err := addTo(buckets, known.find(at).Start, 1, sum); err != nil {
			return err
		}
	}
	return rows.Err()
}

// addTo adds to a bucket, creating it if there is room for one more.
func addTo(buckets map[int64]*view.Bucket, start, n, sum int64) error {
	b := buckets[start]
	if b == nil {
		if len(buckets) == view.MaxBuckets {
			return view.ErrTooManyBuckets
		}
		b = &view.Bucket{Start: start}
		buckets[start] = b
	}
	b.Count += n
	b.Sum += sum
	return nil
}

// stretches holds the stretches met so far, oldest first.
type stretches struct {
	clock *view.Clock
	known []view.Stretch
	last  view.Stretch
}

// find returns the stretch around a moment.
func (s *stretches) find(at int64) view.Stretch {
	if at >= s.last.From && at < s.last.Until {
		return s.last
	}
	i, found := slices.BinarySearchFunc(s.known, at, func(k view.Stretch, at int64) int {
		switch {
		case at < k.From:
			return 1
		case at >= k.Until:
			return -1
		default:
			return 0
		}
	})
	if !found {
		s.known = slices.Insert(s.known, i, s.clock.Stretch(at))
	}
	s.last = s.known[i]
	return s.last
}
