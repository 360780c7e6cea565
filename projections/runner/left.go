package runner

import (
	"context"
	"errors"
	"fmt"

	"accountledger/consumers"
	"accountledger/leases"
)

// Left is a generation of a view that is not the live one yet: somebody fills it, or its filling was cut off, as by Ctrl-C or the end
// of a process, and can be gone on with.
type Left struct {
	View string
	// Underway says that somebody is filling it now; how far is not told then.
	Underway bool
	Reached
}

// Left tells of generations that were begun and did not become the live ones, at most one of each view. Those of views that have
// none to answer with are left out: they are filled by themselves. Errors: the engine's, the log's, or that of the leases.
func (vs *Views) Left(ctx context.Context) ([]Left, error) {
	var all []Left
	for _, v := range vs.all {
		one, err := v.left(ctx)
		if err != nil {
			return all, fmt.Errorf("view %s: %w", v.name(), err)
		}
		if one != nil {
			all = append(all, *one)
		}
	}
	return all, nil
}

func (v *liveView) left(ctx context.Context) (_ *Left, err error) {
	if v.needs() != nil {
		return nil, nil
	}
	above, err := v.place().above(ctx)
	if err != nil || len(above) == 0 {
		return nil, err
	}
	c, err := v.reserve(ctx) // so that nobody fills, or drops, what is looked at
	if errors.Is(err, errFilled) {
		return &Left{View: v.name(), Underway: true}, nil
	} else if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.release(ctx)) }()
	if above, err = v.place().above(ctx); err != nil || len(above) == 0 {
		return nil, err
	}
	g, at, err := v.place().fitting(ctx, above[len(above)-1])
	if errors.Is(err, consumers.ErrUnusable) {
		return nil, nil // it will be dropped
	} else if err != nil {
		return nil, err
	}
	one := &Left{View: v.name()}
	one.Reached, err = v.place().reached(ctx, at)
	return one, errors.Join(err, g.Close())
}

// place is where the view is filled.
func (v *liveView) place() Place {
	return Place{Engine: v.set.Engine, Journal: v.set.Journal, Declaration: v.declaration, Partitions: v.set.Partitions}
}

// Claim keeps everybody else in this process from filling a view, until release: with Hold it is what a rebuild needs where no
// other process has the same engine. It waits while somebody fills it. Errors: consumers.ErrUnknown, and ctx's when it ended first.
func (vs *Views) Claim(ctx context.Context, name string) (release func(), err error) {
	v := vs.byName[name]
	if v == nil {
		return nil, fmt.Errorf("%w: %s", consumers.ErrUnknown, name)
	}
	select {
	case v.filler <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c := &claim{view: v}
	return func() { _ = c.release(ctx) }, nil
}

// claim is the right to fill a view: a lease where others have the same engine, else one within this process.
type claim struct {
	view  *liveView
	lease *leases.Lease
	freed bool
}

// reserve takes the right to fill a view: errFilled while somebody has it.
func (v *liveView) reserve(ctx context.Context) (*claim, error) {
	if v.set.shared() {
		lease, err := v.set.Leases.Acquire(ctx, FillLease(v.name()))
		if errors.Is(err, leases.ErrHeld) {
			return nil, errFilled
		} else if err != nil {
			return nil, err
		}
		return &claim{view: v, lease: lease}, nil
	}
	select {
	case v.filler <- struct{}{}:
		return &claim{view: v}, nil
	default:
		return nil, errFilled
	}
}

// held says whether it still is the claimer's.
func (c *claim) held() bool { return c.lease == nil || c.lease.Held() }

// release gives it back. It may be called twice, by one goroutine at a time.
func (c *claim) release(ctx context.Context) error {
	if c.lease != nil {
		return c.lease.Release(context.WithoutCancel(ctx))
	}
	if !c.freed {
		c.freed = true
		<-c.view.filler
	}
	return nil
}
