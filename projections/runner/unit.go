package runner

import (
	"context"
	"errors"
	"fmt"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// unit is one partition of a view as a consumer of the log: it folds each page into its documents and stores them with
// its checkpoint in one write.
type unit struct {
	view *liveView
	part int

	// What follows is guarded by the view's mu.

	// reads is the generation whose checkpoint the unit reads from, the zero one before it was asked.
	reads view.GenerationID
	// again has the log read anew, nil where nobody can.
	again func()
}

// Name is the view's, with the partition's number where there are several.
func (u *unit) Name() string { return unitName(u.view.name(), u.part, u.view.set.Partitions) }

// Of is the view's name.
func (u *unit) Of() string { return u.view.name() }

// Lease is the partition's.
func (u *unit) Lease() string {
	return unitLease(u.view.name(), u.view.declaration.Version, u.part, u.view.set.Partitions)
}

// OnMove says how to have the log read anew after another generation took the place of the live one, or is to take it.
func (u *unit) OnMove(again func()) {
	u.view.mu.Lock()
	defer u.view.mu.Unlock()
	u.again = again
}

// Checkpoint is where the partition stands in the live generation. When there is none that can be used, one is filled
// first, which takes as long as the log is.
func (u *unit) Checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	v := u.view
	if err := v.open(ctx); err != nil {
		return journal.Checkpoint{}, err
	}
	if v.needs() != nil {
		if err := v.set.make(ctx, v); err != nil {
			return journal.Checkpoint{}, err
		}
	}
	v.mu.Lock()
	g, err := v.generation()
	if err == nil {
		u.reads = g.ID()
	}
	v.mu.Unlock()
	if err != nil {
		return journal.Checkpoint{}, err
	}
	return v.checkpoint(ctx, g, u.part)
}

// Stored is where the partition stands, asked of the engine.
func (u *unit) Stored(ctx context.Context) (at journal.Checkpoint, err error) {
	err = u.view.use(func(g view.Generation) (err error) {
		at, err = u.view.checkpoint(ctx, g, u.part)
		return err
	})
	return at, err
}

// Handle folds a page. It is finished even if ctx ends meanwhile.
func (u *unit) Handle(ctx context.Context, page journal.Page) error {
	ctx = context.WithoutCancel(ctx)
	v := u.view
	v.mu.RLock()
	g, err := v.generation()
	if err == nil && g.ID() != u.reads {
		err = ErrMoved
	}
	v.mu.RUnlock()
	if err != nil {
		return err
	}
	f := newFolding(v.declaration, g, u.part, v.set.Partitions)
	f.skips = v.set.skips
	if err = f.fold(ctx, page.Records); err == nil {
		err = f.write(ctx, page.Checkpoint)
	}
	if errors.Is(err, view.ErrClosed) && v.moved(u) {
		return ErrMoved
	}
	return unusable(err)
}

// Skipped says whether an operator let the view go on past an event.
func (u *unit) Skipped(ctx context.Context, event domain.EventID) (bool, error) {
	return u.view.set.skips.Has(ctx, u.view.name(), event)
}

// moved says whether another generation has taken the place of the one that a unit reads for.
func (v *liveView) moved(u *unit) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.live != nil && v.live.ID() != u.reads
}

// Recover notes that the live generation must not be used any more; Checkpoint makes another one, or finds the one that
// another process made meanwhile.
func (u *unit) Recover(_ context.Context, why error) error {
	v := u.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if errors.Is(why, ErrRebuilding) && v.why != nil {
		return nil // that is known, and why
	}
	if v.live == nil || v.live.ID() == u.reads {
		v.why, v.bad = why, u.reads
	}
	return nil
}

// Searchable makes what was written visible to queries.
func (u *unit) Searchable(ctx context.Context) error { return u.view.searchable(ctx) }

func (v *liveView) searchable(ctx context.Context) error {
	return v.set.Use(v.name(), func(g view.Generation) error {
		for part := range v.set.Partitions {
			written, err := g.Checkpoint(ctx, part)
			if err != nil {
				return err
			}
			seen, err := g.Searchable(ctx, part)
			if err != nil {
				return err
			}
			if string(seen) != string(written) {
				return g.Refresh(ctx)
			}
		}
		return nil
	})
}

// Condition tells how far a filling is, or that there will be none here.
func (u *unit) Condition() (State, string) {
	v := u.view
	v.mu.RLock()
	defer v.mu.RUnlock()
	if errors.Is(v.why, errNewer) {
		return Waiting, v.why.Error()
	}
	if v.next == nil || v.next.filling == nil {
		return "", ""
	}
	done, total := v.next.filling.Progress()
	return Rebuilding, fmt.Sprintf("%d of %d events; %v", done, total, v.why)
}

// generation gives the live one; mu is held.
func (v *liveView) generation() (view.Generation, error) {
	if v.live == nil && v.why == nil && v.away != nil {
		return nil, v.away
	}
	if v.live == nil || v.why != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnusable, ErrRebuilding)
	}
	return v.live, nil
}
