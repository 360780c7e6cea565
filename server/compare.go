package server

import (
	"context"
	"errors"
	"net/http"
	"os"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/replay"
)

// Comparison is what the views have otherwise than the log says.
type Comparison struct {
	// Documents is how many were compared.
	Documents int64 `json:"documents"`
	// Differences are at most maxDifferences of them; Found is how many there are.
	Differences []replay.Difference `json:"differences"`
	Found       int64               `json:"found"`
}

// maxDifferences bounds how many differences are listed.
const maxDifferences = 1000

// reachedWithin bounds how long a comparison waits for a view to come to the end of the log as it was.
const reachedWithin = 10 * time.Minute

// Compare records the command, folds the views into a folder that is thrown away afterwards, and compares.
func (o operator) Compare(ctx context.Context, views []string, progress func(Progress)) (c Comparison, err error) {
	if err := o.recordViews(ctx, domain.OpReplayCompare, views); err != nil {
		return c, err
	}
	dir, err := os.MkdirTemp(o.cfg.Data, compareFolder)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	scratch, err := viewsqlite.NewWith(dir, viewsqlite.Options{FillMemory: o.budget.EngineShare()})
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, scratch.Close()) }()
	reached, stop, err := o.following(ctx)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, stop()) }()
	c.Differences = []replay.Difference{}
	deps := replay.CompareDeps{Journal: o.journal, Engine: o.engine, Scratch: scratch, Budget: o.budget, Views: projections.All(), Reached: reached}
	c.Documents, err = replay.Compare(ctx, deps, views, summed(len(views), progress), func(d replay.Difference) {
		if c.Found++; len(c.Differences) < maxDifferences {
			c.Differences = append(c.Differences, d)
		}
	})
	return c, err
}

// following gives what waits for a view to come to a place in the log. Where no server runs, the views are brought there for
// the time.
func (s *Server) following(ctx context.Context) (reached func(context.Context, string, journal.Position) error, stop func() error, err error) {
	wait, stop := s.views.WaitFor, func() error { return nil }
	switch {
	case s.leases != nil || s.runner == nil:
	case s.address.Load() != nil:
		wait = s.runner.WaitFor
	default:
		r, err := consumers.New(consumers.Options{Journal: s.journal, Log: s.log, Now: s.now}, s.views.Consumers()...)
		if err != nil {
			return nil, nil, err
		}
		ended := make(chan error, 1)
		go func() { ended <- r.Run(context.WithoutCancel(ctx)) }()
		wait, stop = r.WaitFor, func() error { return errors.Join(r.Close(), <-ended) }
	}
	return func(ctx context.Context, name string, to journal.Position) error {
		ctx, cancel := context.WithTimeout(ctx, reachedWithin)
		defer cancel()
		return wait(ctx, name, to)
	}, stop, nil
}

func handleCompare(s *Server, mux *http.ServeMux) {
	handle(s, mux, "compare", func(ctx context.Context, o operator, in []string, progress func(Progress)) (Comparison, error) {
		return o.Compare(ctx, in, progress)
	})
}

func (r *remote) Compare(ctx context.Context, views []string, progress func(Progress)) (Comparison, error) {
	return ask[Comparison](ctx, r, "compare", views, progress)
}
