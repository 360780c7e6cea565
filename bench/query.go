package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
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
			return nil, errors.New("-sizes takes comma-separated numbers")
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

// timing is how long one question took at one size; cold is the p99 with the view's file not in the system's page cache.
type timing struct{ p50, p99, cold time.Duration }

// askAll asks every question at one size and adds how long it took.
func askAll(ctx context.Context, c config, size int, all []question, took [][]timing) (err error) {
	w, err := populated(ctx, c, size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	if err := w.views(ctx); err != nil {
		return err
	}
	for _, d := range projections.All() {
		if err := w.askView(ctx, d, crowd{size}, all, took); err != nil {
			return err
		}
	}
	return nil
}

// askView asks all questions of one view: each first with nothing of the view in memory, a few times, then all
// of them with its file in the system's page cache.
func (w *world) askView(ctx context.Context, d projections.Declaration, p crowd, all []question, took [][]timing) error {
	files, err := filepath.Glob(filepath.Join(w.dir, "views", d.Name+".*"))
	if err != nil {
		return err
	}
	live, err := w.engine.Live(ctx, d.Name)
	if err != nil {
		return err
	}
	opened := func(do func(view.Generation) error) error {
		g, err := w.engine.Open(ctx, d.Schema, live.Number)
		if err != nil {
			return err
		}
		return errors.Join(do(g), g.Close())
	}
	for i := range all {
		if all[i].view != d.Name {
			continue
		}
		if err := forget(files); err != nil {
			return err
		}
		err := opened(func(g view.Generation) error {
			cold, err := all[i].ask(ctx, g, p, askCold)
			took[i] = append(took[i], timing{cold: percentile(cold, 0.99)})
			return err
		})
		if err != nil {
			return err
		}
	}
	if err := recall(files); err != nil {
		return err
	}
	return opened(func(g view.Generation) error {
		n, err := g.Count(ctx)
		note("%d accounts: view %s has %d documents", p.people, d.Name, n)
		for i := range all {
			if all[i].view != d.Name || err != nil {
				continue
			}
			var warm []time.Duration
			warm, err = all[i].ask(ctx, g, p, askWarm)
			last := &took[i][len(took[i])-1]
			last.p50, last.p99 = percentile(warm, 0.5), percentile(warm, 0.99)
		}
		return err
	})
}

// views builds the views unless an earlier run has.
func (w *world) views(ctx context.Context) error {
	for _, d := range projections.All() {
		if _, err := w.engine.Live(ctx, d.Name); errors.Is(err, view.ErrNoGeneration) {
			began := time.Now()
			if err := w.rebuild(ctx); err != nil {
				return err
			}
			note("views built from %d events in %.0f s", w.events, time.Since(began).Seconds())
			return nil
		} else if err != nil {
			return err
		}
	}
	return nil
}

// Each question is asked this many times, or for a while if that takes longer, but often enough for a percentile.
const (
	askCold  = 100
	askWarm  = 2000
	askLeast = 20
	askFor   = 3 * time.Second
)

// ask asks a question repeatedly, about another person each time.
func (q *question) ask(ctx context.Context, g view.Generation, p crowd, most int) (took []time.Duration, err error) {
	for n, began := 0, time.Now(); n < most && (n < askLeast || time.Since(began) < askFor); n++ {
		query := q.query(p, n)
		start := time.Now()
		if _, err := g.Query(ctx, query); err != nil {
			return nil, fmt.Errorf("%s, %s: %w", q.view, q.name, err)
		}
		took = append(took, time.Since(start))
	}
	return took, nil
}

// row shows a question's times at the largest size, and how they grew.
func (q *question) row(sizes []int, took []timing) Row {
	last := took[len(took)-1]
	row := single(fmt.Sprintf("query %s: %s, %d accounts, p50", q.view, q.name, sizes[len(sizes)-1]), "ms", milliseconds(last.p50), "p99 < 300 ms")
	row.OursP99 = latency(last.p99)
	notes := []string{"p99 from the disk " + latency(last.cold)}
	for i, t := range took[:len(took)-1] {
		notes = append(notes, fmt.Sprintf("%d: %s/%s, %s", sizes[i], latency(t.p50), latency(t.p99), latency(t.cold)))
	}
	row.Note = strings.Join(notes, "; ")
	if q.indexed && len(took) > 1 {
		row.Goal = "p99 grows <= 2"
		row.Ratio = float64(last.p99) / float64(took[0].p99)
	}
	return row
}
