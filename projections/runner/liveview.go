package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/projections/view"
)

// liveView is one view with the generation that answers for it.
type liveView struct {
	set         *Views
	declaration *Declaration
	units       []*unit
	asking      asking
	// filler is held while the view is filled, where the engine belongs to this process alone; elsewhere a lease is.
	filler chan struct{}

	// opening is held while the engine is asked for the live generation or given another, which may take long.
	opening sync.Mutex
	// tidied says that what unfinished rebuilds left was cleared away; opening guards it.
	tidied bool

	// mu guards what follows; queries hold it for reading.
	mu   sync.RWMutex
	live view.Generation
	// why is set when there is no live generation, or one that must not be used: it is made again. bad is the
	// generation it is about, the zero one when it is about none.
	why  error
	bad  view.GenerationID
	next *attempt
	// away is why the engine could not be asked the last time, nil when it could.
	away error
	// tidyAt is when generations may be dropped whose place the live one took, where the engine is shared; zero when there are none.
	tidyAt time.Time
}

var (
	// errNone is why the first generation of a view is filled.
	errNone = consumers.Passing("there is none yet")
	// errNewer is why a view is not filled though it cannot be used: the newer program's is not to be undone.
	errNewer = errors.New("it was made by a newer version of this program")
)

func newLiveView(vs *Views, d *Declaration) *liveView {
	v := &liveView{set: vs, declaration: d, filler: make(chan struct{}, 1)}
	for part := range vs.Partitions {
		v.units = append(v.units, &unit{view: v, part: part})
	}
	return v
}

func (v *liveView) name() string { return v.declaration.Name }

// use lends the live generation.
func (v *liveView) use(work func(view.Generation) error) error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	switch {
	case v.live == nil && v.why == nil && v.away != nil:
		return fmt.Errorf("view %s: %w", v.name(), v.away)
	case v.live == nil || v.why != nil:
		return v.rebuilding()
	}
	return work(v.live)
}

// rebuilding is consumers.ErrRebuilding, and a *journal.ForeignCheckpointError where that is why.
func (v *liveView) rebuilding() error {
	var other *journal.ForeignCheckpointError
	if errors.As(v.why, &other) {
		return fmt.Errorf("%w: %s: %w", consumers.ErrRebuilding, v.name(), other)
	}
	return fmt.Errorf("%w: %s", consumers.ErrRebuilding, v.name())
}

// needs gives why the view must be filled, nil when it need not.
func (v *liveView) needs() error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.why
}

// unusable marks what only a new generation can mend.
func unusable(err error) error {
	if errors.Is(err, view.ErrCorrupt) || errors.Is(err, view.ErrMismatch) || errors.Is(err, view.ErrNoGeneration) {
		return fmt.Errorf("%w: %w", consumers.ErrUnusable, err)
	}
	return err
}

// open makes the view's generation the one that is live in the engine, or notes why none can be used. The error says
// that the engine cannot tell; then everything stays as it was.
func (v *liveView) open(ctx context.Context) error {
	v.opening.Lock()
	defer v.opening.Unlock()
	err := v.look(ctx)
	if err == nil && !v.tidied {
		v.tidied, err = v.clear(ctx)
	}
	v.mu.Lock()
	v.away = err
	v.mu.Unlock()
	return err
}

// look asks the engine; opening is held.
func (v *liveView) look(ctx context.Context) error {
	v.mu.RLock()
	live, why, bad := v.live, v.why, v.bad
	v.mu.RUnlock()
	id, err := v.set.Engine.Live(ctx, v.name())
	switch {
	case errors.Is(err, view.ErrNoGeneration):
		v.note(errNone, view.GenerationID{})
		return nil
	case errors.Is(err, view.ErrCorrupt):
		v.note(err, view.GenerationID{})
		return nil
	case err != nil:
		return err
	case why == nil && live != nil && live.ID() == id, why != nil && bad == id:
		return nil
	case id.Version > v.declaration.Version && v.set.shared():
		v.note(errNewer, id)
		return nil
	case id.Version != v.declaration.Version:
		v.note(fmt.Errorf("the stored one is of version %d, this program's of version %d", id.Version, v.declaration.Version), id)
		return nil
	}
	g, err := v.set.Engine.Open(ctx, v.declaration.Schema, id.Number)
	switch {
	case errors.Is(unusable(err), consumers.ErrUnusable):
		v.note(err, id)
		return nil
	case err != nil:
		return err
	}
	return v.take(ctx, g)
}

// note says why the live generation must not be used.
func (v *liveView) note(why error, bad view.GenerationID) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.why, v.bad = why, bad
}

// take puts a generation in the place of the one before, unless it is of another log.
func (v *liveView) take(ctx context.Context, g view.Generation) error {
	if err := v.check(ctx, g); errors.Is(err, consumers.ErrUnusable) {
		v.note(err, g.ID())
		return g.Close()
	} else if err != nil {
		return errors.Join(err, g.Close())
	}
	v.mu.Lock()
	before := v.live
	v.live, v.why = g, nil
	if v.set.shared() {
		v.tidyAt = time.Now().Add(tidyAfter * v.set.Follow)
	}
	var moved []func()
	for _, u := range v.units {
		if u.again != nil && u.reads != (view.GenerationID{}) && u.reads != g.ID() {
			moved = append(moved, u.again)
		}
	}
	v.mu.Unlock()
	for _, again := range moved {
		again()
	}
	if before != nil {
		return before.Close()
	}
	return nil
}

// check says whether a generation is of this log, of this sharing of the work, and was filled to its end: a damaged name of
// the live one can be that of a filling that was cut off, which nobody would end.
func (v *liveView) check(ctx context.Context, g view.Generation) error {
	if _, err := g.Query(ctx, view.Query{Limit: 1}); errors.Is(err, view.ErrFilling) {
		return fmt.Errorf("%w: it was not filled to its end", consumers.ErrUnusable)
	}
	at, err := v.checkpoint(ctx, g, 0)
	if err != nil || at.IsZero() {
		return err
	}
	log, err := v.set.Journal.LogID(ctx)
	if err == nil && at.Log != log {
		return fmt.Errorf("%w: %w", consumers.ErrUnusable, &journal.ForeignCheckpointError{Checkpoint: at, Log: log, Reason: "it is of another log"})
	}
	return err
}

// checkpoint is where a partition of a generation stands.
func (v *liveView) checkpoint(ctx context.Context, g view.Generation, part int) (journal.Checkpoint, error) {
	b, err := g.Checkpoint(ctx, part)
	if err != nil {
		return journal.Checkpoint{}, unusable(err)
	}
	return decodeCheckpoint(b, v.set.Partitions)
}

func (v *liveView) close() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var errs []error
	if v.live != nil {
		errs = append(errs, v.live.Close())
	}
	if v.next != nil && v.next.made != nil && v.next.made.Generation != nil {
		errs = append(errs, v.next.made.Generation.Close())
	}
	v.live, v.next = nil, nil
	return errors.Join(errs...)
}
