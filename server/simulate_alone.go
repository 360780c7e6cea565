package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/operate"
	"accountledger/projections/view"
	"accountledger/simulate"
)

// simulateAlone plays in process on a ledger that nobody serves. On a new one the clock is simulated, so that its views
// show months; on one with a history the system's clock goes on, for a ledger's times never go back.
func simulateAlone(ctx context.Context, cfg Config, in operate.Simulation, o Options, progress func(operate.Progress)) (_ simulate.Summary, err error) {
	opts := in.Options(operate.WorkersDirect, progress)
	if err := opts.Check(); err != nil {
		return simulate.Summary{}, err
	}
	clock := &simulate.Clock{}
	o.Now = clock.Now
	s, err := Open(ctx, cfg, o)
	if err != nil {
		return simulate.Summary{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	head, err := s.journal.Head(ctx)
	if err != nil {
		return simulate.Summary{}, err
	}
	if head.Position.IsZero() {
		opts.Clock = clock
		clock.Begin(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -opts.Days))
		defer clock.End()
	}
	if err := s.publish(ctx); err != nil {
		return simulate.Summary{}, err
	}
	out, err := s.ledger().SimulateDirect(ctx, os.Getuid(), opts, &idleViews{liveViews: liveViews{s}})
	if err == nil && opts.Clock != nil {
		clock.End()
		err = s.confirmPlayed(ctx)
	}
	if err == nil && s.notifier != nil { // nobody waits for a message
		err = s.notifier.Recover(ctx, nil)
	}
	return out, err
}

// liveViews asks the views of a server whose consumers run.
type liveViews struct{ *Server }

// viewsPatience is how long views may take to know what was played.
const viewsPatience = 6 * time.Hour

// Counts implements simulate.Views.
func (v liveViews) Counts(ctx context.Context, name string, by []string, sum string) (map[string]int64, error) {
	head, err := v.journal.Head(ctx)
	if err != nil {
		return nil, err
	}
	return v.counts(by, func(q view.Query) (*view.Result, error) {
		r, _, err := v.Query(ctx, name, q, head.Position, viewsPatience)
		return r, err
	}, sum)
}

func (v liveViews) counts(by []string, query func(view.Query) (*view.Result, error), sum string) (map[string]int64, error) {
	if by == nil {
		r, err := query(view.Query{Limit: 1, Total: true})
		if err != nil {
			return nil, err
		}
		return map[string]int64{"": r.Total}, nil
	}
	r, err := query(view.Query{Group: &view.Group{By: by, Sum: sum, Limit: view.MaxGroups}})
	if err != nil {
		return nil, err
	}
	out := map[string]int64{}
	for _, g := range r.Groups {
		var parts []string
		for _, k := range g.Keys {
			if !k.Missing() {
				parts = append(parts, k.Text())
			}
		}
		n := g.Count
		if sum != "" {
			n = g.Sum
		}
		out[strings.Join(parts, "/")] += n
	}
	return out, nil
}

// idleViews asks the views of a server whose consumers do not run: it has them catch up first.
type idleViews struct {
	liveViews
	at journal.Position
}

// Counts implements simulate.Views.
func (v *idleViews) Counts(ctx context.Context, name string, by []string, sum string) (map[string]int64, error) {
	if err := v.catchUp(ctx); err != nil {
		return nil, err
	}
	return v.counts(by, func(q view.Query) (*view.Result, error) {
		r, _, err := v.views.Query(ctx, name, q)
		return r, err
	}, sum)
}

func (v *idleViews) catchUp(ctx context.Context) (err error) {
	head, err := v.journal.Head(ctx)
	if err != nil || head.Position == v.at {
		return err
	}
	debug.FreeOSMemory() // what playing left is of no use to the filling, which needs much of its own
	all := v.views.Consumers()
	r, err := consumers.New(consumers.Options{Journal: v.journal, Log: v.log, Now: v.now}, all...)
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for _, c := range all {
		if err = r.WaitFor(ctx, c.Name, head.Position); err != nil {
			err = fmt.Errorf("simulate: view %s: %w", c.Name, err)
			break
		}
	}
	if err = errors.Join(err, r.Close(), <-ended); err == nil {
		v.at = head.Position
	}
	return err
}
