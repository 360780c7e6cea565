package operate

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/projections/view"
	"accountledger/simulate"
)

// viewsPatience is how long views may take to know what was played.
const viewsPatience = 6 * time.Hour

// liveViews asks the views of a ledger whose consumers run.
type liveViews struct{ *Ledger }

var _ simulate.Views = liveViews{}

// Counts implements simulate.Views.
func (v liveViews) Counts(ctx context.Context, name string, by []string, sum string) (map[string]int64, error) {
	head, err := v.Journal.Head(ctx)
	if err != nil {
		return nil, err
	}
	return counts(by, sum, func(q view.Query) (*view.Result, error) { return v.Query(ctx, name, q, head.Position, viewsPatience) })
}

// counts queries a view for how much there is of each kind, or altogether.
func counts(by []string, sum string, query func(view.Query) (*view.Result, error)) (map[string]int64, error) {
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

// idleViews asks the views of a ledger whose consumers do not run: it has them catch up first.
type idleViews struct {
	ledger *Ledger
	at     journal.Position
}

var _ simulate.Views = (*idleViews)(nil)

// Counts implements simulate.Views.
func (v *idleViews) Counts(ctx context.Context, name string, by []string, sum string) (map[string]int64, error) {
	if err := v.catchUp(ctx); err != nil {
		return nil, err
	}
	return counts(by, sum, func(q view.Query) (*view.Result, error) {
		r, _, err := v.ledger.Views.Query(ctx, name, q)
		return r, err
	})
}

func (v *idleViews) catchUp(ctx context.Context) (err error) {
	l := v.ledger
	head, err := l.Journal.Head(ctx)
	if err != nil || head.Position == v.at {
		return err
	}
	debug.FreeOSMemory() // what playing left is of no use to the filling, which needs much of its own
	all := l.Views.Consumers()
	r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now}, all...)
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
