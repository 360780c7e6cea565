package operate

import (
	"context"
	"errors"
	"os"
	"time"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/replay"
)

// Comparison is how the views differ from the log.
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

// Compare folds views from the log into a scratch folder and gives every difference from the live ones; no views means all. It
// waits until each view has reached the end of the log as it was.
var Compare = &Operation[[]string, Comparison]{
	Info:  Info{Name: "compare", Progress: true, Records: RecordedFirst, As: domain.OpReplayCompare},
	views: func(views []string) []string { return views },
	do:    compare,
}

// CompareFolder begins the name of a comparison's scratch folder, in the data folder.
const CompareFolder = "compare-"

func compare(ctx context.Context, o *call, views []string) (c Comparison, err error) {
	dir, err := os.MkdirTemp(o.Data, CompareFolder)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	scratch, err := o.Scratch(dir)
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
	deps := replay.CompareDeps{Journal: o.Journal, Engine: o.Engine, Scratch: scratch, Budget: o.Budget, Views: projections.All(), Reached: reached}
	c.Documents, err = replay.Compare(ctx, deps, views, summed(len(views), o.progress), func(d replay.Difference) {
		if c.Found++; len(c.Differences) < maxDifferences {
			c.Differences = append(c.Differences, d)
		}
	})
	return c, err
}

// following returns what waits for a view to reach a position in the log. Where no server runs, the views follow the log
// until stop is called.
func (l *Ledger) following(ctx context.Context) (reached func(context.Context, string, journal.Position) error, stop func() error, err error) {
	wait, stop := l.Views.WaitFor, func() error { return nil }
	switch {
	case l.Leases != nil || l.Runner == nil:
	case l.Serving:
		wait = l.Runner.WaitFor
	default:
		r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now}, l.Views.Consumers()...)
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
