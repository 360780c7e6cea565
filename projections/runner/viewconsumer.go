package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"accountledger/journal"
	"accountledger/projections/view"
)

// View is one view as a consumer of the log: it folds each page into documents and stores them with the
// checkpoint in one write.
type View struct {
	set         *Views
	declaration *Declaration

	// mu guards what follows; whoever queries holds it for reading.
	mu   sync.RWMutex
	live view.Generation
	// why is set when there is no live generation, or one that must not be used: it is made anew.
	why  error
	next *attempt
	// leftover is the number of a generation whose filling was cut off, 0 for none: the next attempt goes on with it.
	leftover int
}

// errNone is why the first generation of a view is filled.
var errNone = errors.New("there is none yet")

// Name is the view's.
func (v *View) Name() string { return v.declaration.Name }

// Checkpoint is where the live generation stands. When there is none that can be used, one is filled
// first, which takes as long as the log is.
func (v *View) Checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	if err := v.open(ctx); err != nil {
		return journal.Checkpoint{}, err
	}
	v.mu.RLock()
	why := v.why
	v.mu.RUnlock()
	if why != nil {
		if err := v.set.make(ctx, v); err != nil {
			return journal.Checkpoint{}, err
		}
	}
	g, err := v.generation()
	if err != nil {
		return journal.Checkpoint{}, err
	}
	return checkpointOf(ctx, g)
}

func checkpointOf(ctx context.Context, g view.Generation) (journal.Checkpoint, error) {
	stored, err := g.Checkpoint(ctx, 0)
	if err != nil {
		return journal.Checkpoint{}, unusable(err)
	}
	return decodeCheckpoint(stored)
}

// Handle folds a page. It is finished even if ctx ends meanwhile.
func (v *View) Handle(ctx context.Context, page journal.Page) error {
	ctx = context.WithoutCancel(ctx)
	g, err := v.generation()
	if err != nil {
		return err
	}
	f := newFolding(v.declaration, g)
	if err := f.fold(ctx, page.Records); err != nil {
		return unusable(err)
	}
	return unusable(f.write(ctx, page.Checkpoint))
}

// Recover notes that the live generation must not be used any more; Checkpoint makes another one.
func (v *View) Recover(_ context.Context, why error) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.why = why
	return nil
}

// Searchable makes what was written visible to queries.
func (v *View) Searchable(ctx context.Context) error {
	return v.set.Use(v.Name(), func(g view.Generation) error {
		written, err := g.Checkpoint(ctx, 0)
		if err != nil {
			return err
		}
		seen, err := g.Searchable(ctx, 0)
		if err != nil || string(seen) == string(written) {
			return err
		}
		return g.Refresh(ctx)
	})
}

// Condition tells how far a filling is.
func (v *View) Condition() (State, string) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.next == nil || v.next.filling == nil {
		return "", ""
	}
	done, total := v.next.filling.Progress()
	return Rebuilding, fmt.Sprintf("%d of %d events; %v", done, total, v.why)
}

func (v *View) generation() (view.Generation, error) {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.live == nil || v.why != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnusable, ErrRebuilding)
	}
	return v.live, nil
}

// unusable marks what only a new generation can mend.
func unusable(err error) error {
	if errors.Is(err, view.ErrCorrupt) || errors.Is(err, view.ErrMismatch) || errors.Is(err, view.ErrNoGeneration) {
		return fmt.Errorf("%w: %w", ErrUnusable, err)
	}
	return err
}

// open makes the view's generation the one that is live in the engine, or notes why none can be used.
func (v *View) open(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.why != nil {
		return nil
	}
	id, err := v.set.engine.Live(ctx, v.Name())
	switch {
	case errors.Is(err, view.ErrNoGeneration):
		v.why = errNone
		return nil
	case errors.Is(err, view.ErrCorrupt):
		v.why = err
		return nil
	case err != nil:
		return err
	case v.live != nil && v.live.ID() == id:
		return nil
	case id.Version != v.declaration.Version:
		v.why = fmt.Errorf("the stored one is of version %d, this program's of version %d", id.Version, v.declaration.Version)
		return nil
	}
	g, err := v.set.engine.Open(ctx, v.declaration.Schema, id.Number)
	switch {
	case errors.Is(unusable(err), ErrUnusable):
		v.why = err
		return nil
	case err != nil:
		return err
	}
	return v.take(ctx, g)
}

// take puts a generation in the place of the one before, unless it is of another log.
func (v *View) take(ctx context.Context, g view.Generation) error {
	if err := v.check(ctx, g); errors.Is(err, ErrUnusable) {
		v.why = err
		return g.Close()
	} else if err != nil {
		return errors.Join(err, g.Close())
	}
	before := v.live
	v.live, v.why = g, nil
	if before != nil {
		return before.Close()
	}
	return nil
}

// check says whether a generation is of this log.
func (v *View) check(ctx context.Context, g view.Generation) error {
	at, err := checkpointOf(ctx, g)
	if err != nil || at.IsZero() {
		return err
	}
	log, err := v.set.journal.LogID(ctx)
	if err == nil && at.Log != log {
		return fmt.Errorf("%w: it is of another log", ErrUnusable)
	}
	return err
}

func (v *View) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var errs []error
	if v.live != nil {
		errs = append(errs, v.live.Close())
	}
	if v.next != nil && v.next.generation != nil {
		errs = append(errs, v.next.generation.Close())
	}
	v.live, v.next = nil, nil
	return errors.Join(errs...)
}
