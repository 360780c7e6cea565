package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"time"

	"accountledger/processes"
)

// deadlineRows measures making the list of deadlines from the log again, up to its head, against reading the same events decoded.
func deadlineRows(ctx context.Context, c config) (rows []Row, err error) {
	w, err := populated(ctx, c, c.served)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close(ctx)) }()
	var spent []time.Duration
	waiting := 0
	ours, control, err := inTurns(min(c.rounds, 3), func() (Rate, error) {
		began, before := time.Now(), processor()
		var err error
		waiting, err = w.makeDeadlines(ctx)
		spent = append(spent, processor()-before)
		return Rate{PerSecond: float64(w.events) / time.Since(began).Seconds()}, err
	}, func() (Rate, error) { return readDecoded(ctx, w) })
	if err != nil {
		return nil, err
	}
	slices.Sort(spent)
	row := compared(fmt.Sprintf("making the list of deadlines again, %d events", w.events), "events/s", ours, control, 1)
	row.Note = fmt.Sprintf("%.1f s, of the processor %.1f s; %d entries; goal: 13 million events in 2 minutes on 2 cores", float64(w.events)/ours.PerSecond,
		spent[len(spent)/2].Seconds(), waiting)
	return []Row{row}, nil
}

// makeDeadlines makes the list in a new file as a consumer does that finds none, and gives its length.
func (w *world) makeDeadlines(ctx context.Context) (waiting int, err error) {
	dir, err := os.MkdirTemp(w.dir, "deadlines")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := processes.Open(ctx, processes.Deps{Journal: w.journal, Now: time.Now, Log: slog.New(slog.DiscardHandler), Path: filepath.Join(dir, "list.db")})
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, p.Close()) }()
	at, err := p.Consumer().Checkpoint(ctx)
	if err != nil {
		return 0, err
	}
	if head, err := w.journal.Head(ctx); err != nil || at != head {
		return 0, errors.Join(err, errors.New("the list has not come to the head of the log"))
	}
	return p.Waiting(ctx)
}
