package runner

import (
	"context"
	"errors"
	"fmt"

	"accountledger/consumers"
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
	// again has the log read again; nil where nobody can.
	again func()
}

// consumer makes it one.
func (u *unit) consumer() consumers.Consumer {
	v := u.view
	return consumers.Consumer{Name: consumers.PartitionName(v.name(), u.part, v.set.Partitions), PartOf: v.name(),
		Checkpoint: u.checkpoint, Handle: u.handle, Recover: u.recover, Skipped: u.skipped,
		Searchable: v.searchable, Stored: u.stored, Condition: u.condition, OnMove: u.onMove,
		Lease: unitLease(v.name(), v.declaration.Version, u.part, v.set.Partitions)}
}

// onMove sets how to have the log read again after another generation replaced the live one, or is about to.
func (u *unit) onMove(again func()) {
	u.view.mu.Lock()
	defer u.view.mu.Unlock()
	u.again = again
}

// checkpoint is where the partition stands in the live generation. When there is none that can be used, one is filled
// first, which takes as long as the log is.
func (u *unit) checkpoint(ctx context.Context) (journal.Checkpoint, error) {
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

// stored is where the partition stands, asked of the engine.
func (u *unit) stored(ctx context.Context) (at journal.Checkpoint, err error) {
	err = u.view.use(func(g view.Generation) (err error) {
		at, err = u.view.checkpoint(ctx, g, u.part)
		return err
	})
	return at, err
}

// handle folds a page. It is finished even if ctx ends meanwhile.
func (u *unit) handle(ctx context.Context, page journal.Page) error {
	ctx = context.WithoutCancel(ctx)
	v := u.view
	v.mu.RLock()
	g, err := v.generation()
	if err == nil && g.ID() != u.reads {
		err = consumers.ErrMoved
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
		return consumers.ErrMoved
	}
	return unusable(err)
}

// skipped says whether an operator let the view go on past an event.
func (u *unit) skipped(ctx context.Context, event domain.EventID) (bool, error) {
	return u.view.set.skips.Has(ctx, u.view.name(), event)
}

// moved says whether another generation has taken the place of the one that a unit reads for.
func (v *liveView) moved(u *unit) bool {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.live != nil && v.live.ID() != u.reads
}

// recover notes that the live generation must not be used any more; checkpoint makes another one, or finds the one that
// another process made meanwhile.
func (u *unit) recover(_ context.Context, why error) error {
	v := u.view
	v.mu.Lock()
	defer v.mu.Unlock()
	if errors.Is(why, consumers.ErrRebuilding) && v.why != nil {
		return nil // that is known, and why
	}
	if v.live == nil || v.live.ID() == u.reads {
		v.why, v.bad = why, u.reads
	}
	return nil
}

// searchable makes what was written visible to queries.
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

// condition tells how far a filling is, or that there will be none here.
func (u *unit) condition() (consumers.State, string) {
	v := u.view
	v.mu.RLock()
	defer v.mu.RUnlock()
	if errors.Is(v.why, errNewer) {
		return consumers.Waiting, v.why.Error()
	}
	if v.next == nil || v.next.made == nil {
		return "", ""
	}
	done, total := v.next.made.Filling.Progress()
	return consumers.Rebuilding, fmt.Sprintf("%d of %d events; %v", done, total, v.why)
}

// generation gives the live one; mu is held.
func (v *liveView) generation() (view.Generation, error) {
	if v.live == nil && v.why == nil && v.away != nil {
		return nil, v.away
	}
	if v.live == nil || v.why != nil {
		return nil, fmt.Errorf("%w: %w", consumers.ErrUnusable, consumers.ErrRebuilding)
	}
	return v.live, nil
}
