package sqlite

import (
	"context"
	"maps"
	"slices"

	"accountledger/projections/view"
)

// countTally counts by time from the cells of a tally.
func (a *asking) countTally(ctx context.Context, t *tallying, buckets map[int64]*view.Bucket) error {
	known := &stretches{clock: a.plan.Histogram.Clock}
	return a.countCells(ctx, t, known, buckets, widths(), t.from, t.until)
}

// countCells counts the documents of a stretch of time in nanoseconds: cells of the first width if they are inside one bucket, narrower ones
// if a bucket's border or an end of the stretch cuts one, and documents if it cuts the narrowest.
func (a *asking) countCells(ctx context.Context, t *tallying, known *stretches, buckets map[int64]*view.Bucket, widths []int64, from, until int64) error {
	if from >= until {
		return nil
	}
	if len(widths) == 0 {
		var documents sqlText
		t.documents(&documents, from, until)
		return a.countTimes(ctx, known, buckets, &documents)
	}
	var text sqlText
	text.add(`SELECT cells.at, cells.members`)
	t.cells(&text, widths[0], from/quarter-widths[0]+1, (until+quarter-1)/quarter) // all that overlap the stretch
	rows, err := a.from.QueryContext(ctx, text.String(), text.args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	wide := widths[0] * quarter
	whole := map[int64]bool{}
	for rows.Next() {
		var at, members int64
		if err := rows.Scan(&at, &members); err != nil {
			return err
		}
		at *= quarter
		s := known.find(at)
		whole[at] = at >= from && at+wide <= until && at+wide <= s.Until
		if whole[at] {
			if err := addTo(buckets, s.Start, members, 0); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := rows.Close(); err != nil {
		return err
	}
	for _, run := range cut(whole) {
		if err := a.countCells(ctx, t, known, buckets, widths[1:], max(run[0], from), min(run[1]+wide, until)); err != nil {
			return err
		}
	}
	return nil
}

// cut returns the first and the last cell of each run of cells that are cut.
func cut(whole map[int64]bool) [][2]int64 {
	var runs [][2]int64
	before := true
	for _, at := range slices.Sorted(maps.Keys(whole)) {
		switch {
		case whole[at]:
		case before:
			runs = append(runs, [2]int64{at, at})
		default:
			runs[len(runs)-1][1] = at
		}
		before = whole[at]
	}
	return runs
}
