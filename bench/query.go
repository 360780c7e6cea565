package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"accountledger/projections"
	"accountledger/projections/view"
)

// queryRows measures queries of every view at growing numbers of accounts.
func queryRows(ctx context.Context, c config) ([]Row, error) {
	var sizes []int
	for _, text := range strings.Split(c.sizes, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || n < 1 {
			return nil, errors.New("-sizes takes numbers with commas between")
		}
		sizes = append(sizes, n)
	}
	all := questions()
	took := make([][]timing, len(all))
	for _, size := range sizes {
		if err := askAll(ctx, c, size, all, took); err != nil {
			return nil, err
		}
	}
	rows := make([]Row, len(all))
	for i := range all {
		rows[i] = all[i].row(sizes, took[i])
	}
	return rows, nil
}

// timing is how long one question took at one size.
type timing struct{ p50, p99 time.Duration }

// askAll asks every question at one size and adds how long it took.
func askAll(ctx context.Context, c config, size int, all []question, took [][]timing) (err error) {
	w, err := populated(ctx, c, size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	if err := w.views(ctx); err != nil {
		return err
	}
	for _, d := range projections.All() {
		live, err := w.engine.Live(ctx, d.Name)
		if err != nil {
			return err
		}
		g, err := w.engine.Open(ctx, d.Schema, live.Number)
		if err != nil {
			return err
		}
		n, err := g.Count(ctx)
		note("%d accounts: view %s has %d documents", size, d.Name, n)
		for i := range all {
			if all[i].view == d.Name && err == nil {
				var t timing
				t, err = all[i].ask(ctx, g, crowd{size})
				took[i] = append(took[i], t)
			}
		}
		if err := errors.Join(err, g.Close()); err != nil {
			return err
		}
	}
	return nil
}

// views makes the views where a run before has not.
func (w *world) views(ctx context.Context) error {
	for _, d := range projections.All() {
		if _, err := w.engine.Live(ctx, d.Name); errors.Is(err, view.ErrNoGeneration) {
			began := time.Now()
			if err := w.rebuild(ctx); err != nil {
				return err
			}
			note("views made of %d events in %.0f s", w.events, time.Since(began).Seconds())
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Each question is asked until it has been asked often enough for a p99, or for a while.
const (
	askLeast = 20
	askMost  = 500
	askFor   = 3 * time.Second
)

// ask asks a question again and again, about somebody else each time.
func (q *question) ask(ctx context.Context, g view.Generation, p crowd) (timing, error) {
	var took []time.Duration
	for n, began := 0, time.Now(); n < askMost && (n < askLeast || time.Since(began) < askFor); n++ {
		query := q.query(p, n)
		start := time.Now()
		if _, err := g.Query(ctx, query); err != nil {
			return timing{}, fmt.Errorf("%s, %s: %w", q.view, q.name, err)
		}
		took = append(took, time.Since(start))
	}
	return timing{percentile(took, 0.5), percentile(took, 0.99)}, nil
}

// row shows a question's times at the greatest size, and how they grew.
func (q *question) row(sizes []int, took []timing) Row {
	last := took[len(took)-1]
	row := single(fmt.Sprintf("query %s: %s, %d accounts, p50", q.view, q.name, sizes[len(sizes)-1]), "ms", milliseconds(last.p50), "p99 < 300 ms")
	row.OursP99 = latency(last.p99)
	var smaller []string
	for i, t := range took[:len(took)-1] {
		smaller = append(smaller, fmt.Sprintf("%d: %s/%s", sizes[i], latency(t.p50), latency(t.p99)))
	}
	row.Note = strings.Join(smaller, ", ")
	if q.indexed && len(took) > 1 {
		row.Goal = "p99 grows <= 2"
		row.Ratio = float64(last.p99) / float64(took[0].p99)
	}
	return row
}
