package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"accountledger/projections"
	"accountledger/replay"
)

// rebuildRows measures a full rebuild of all views against a bare loop that inserts the very same final rows.
func rebuildRows(ctx context.Context, c config) (rows []Row, err error) {
	w, err := populated(ctx, c, c.accounts)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	rounds := min(c.rounds, 3)
	var finals []*finalRows
	var spent []float64 // processor time, in microseconds per event
	ours, control, err := inTurns(rounds,
		func() (Rate, error) {
			began, before := time.Now(), processor()
			if err := w.rebuild(ctx); err != nil {
				return Rate{}, err
			}
			spent = append(spent, float64((processor()-before).Microseconds())/float64(w.events))
			return Rate{PerSecond: float64(w.events) / time.Since(began).Seconds()}, nil
		},
		func() (Rate, error) {
			if finals == nil { // the first rebuild only produces the rows for the control, and warms up
				if err := w.rebuild(ctx); err != nil {
					return Rate{}, err
				}
				if finals, err = w.finalRows(ctx); err != nil {
					return Rate{}, err
				}
			}
			return bareFill(c.dir, finals, w.events)
		})
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("full rebuild of all views, %d events", w.events)
	row := compared(name, "events/s", ours, control, 0.5)
	total := 0
	for _, f := range finals {
		total += len(f.rows)
	}
	slices.Sort(spent)
	row.Note = fmt.Sprintf("%d rows, %.0f us of processor time per event; goal: at least 50,000 events/s on 2 cores", total, spent[len(spent)/2])
	return []Row{row}, nil
}

// processor is the processor time of this process: the figure least affected by other load.
func processor() time.Duration {
	var used unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// rebuild rebuilds all views.
func (w *world) rebuild(ctx context.Context) error {
	return replay.Rebuild(ctx, replay.Deps{Journal: w.journal, Engine: w.engine, Views: projections.All()}, nil, nil)
}

// bareFill writes rows to one plain SQLite file per view, all concurrently.
func bareFill(dir string, finals []*finalRows, events int64) (rate Rate, err error) {
	if dir, err = os.MkdirTemp(dir, "bare"); err != nil {
		return rate, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	var running sync.WaitGroup
	errs := make([]error, len(finals))
	for i, f := range finals {
		running.Go(func() { errs[i] = f.fill(filepath.Join(dir, f.view+".db")) })
	}
	running.Wait()
	return Rate{PerSecond: float64(events) / time.Since(began).Seconds()}, errors.Join(errs...)
}
