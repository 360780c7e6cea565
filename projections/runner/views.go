package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/projections/view"
)

// ViewsOptions say what views there are and who works on them. Those without a default are needed.
type ViewsOptions struct {
	Engine       view.Engine
	Journal      *journal.Journal
	Log          *slog.Logger
	Declarations []Declaration
	// Partitions is how many consumers share the work on each view, by PartitionOf its documents: 1. Each of
	// them reads the whole log. What was filled for another number is made again.
	Partitions int
	// Leases are set where other processes have the same engine. Then one process at a time fills a view, and what another one
	// filled or made live is followed. Nil: this process has the engine alone.
	Leases *leases.Keeper
	// Budget is what filling views may take; nil: as much as makes it fastest.
	Budget *Budget
	// Follow is how often the engine is asked which generation is live, where Leases are set: 500 ms.
	Follow time.Duration
	// ReadOnly leaves everything as it is: nothing is cleared away when the views are opened, and nobody is followed. They are
	// asked where they stand and how they are, and have no consumer that is set to work.
	ReadOnly bool
}

const (
	defaultFollow = 500 * time.Millisecond
	// tidyAfter is how many such times a generation is kept after another took its place, so that all have followed.
	tidyAfter = 4
)

// Views are the views of a program with their live generations: consumers on one side, answers to queries on
// the other. A view without a usable generation is refilled as soon as a runner asks for its checkpoint, together
// with all others that need it. Views are safe for concurrent use.
type Views struct {
	ViewsOptions
	all    []*liveView
	byName map[string]*liveView
	skips  *consumers.Skips
	// consumes says that this process works on the views, and does not only ask them.
	consumes bool

	// life ends with Close, and with it the filling under way.
	life context.Context // it is the life of the fillings, which outlast who asked first
	end  context.CancelFunc

	mu      sync.Mutex
	filling sync.WaitGroup
}

// OpenViews is OpenViewsWith for a process that has the engine alone and shares no work.
func OpenViews(ctx context.Context, e view.Engine, j *journal.Journal, log *slog.Logger, declarations []Declaration) (*Views, error) {
	return OpenViewsWith(ctx, ViewsOptions{Engine: e, Journal: j, Log: log, Declarations: declarations})
}

// OpenViewsWith opens the live generation of each view and clears away what unfinished rebuilds left, but for the newest of each
// view that can be gone on with. Views that have
// none that can be used, because they are new, of another version, of another log or damaged, are only
// noted. So is an engine that is out of reach: its views are opened as soon as it can be asked, by the
// consumers, or by those that follow it. Other errors of the engine are given back.
func OpenViewsWith(ctx context.Context, o ViewsOptions) (*Views, error) {
	o.Partitions = max(o.Partitions, 1)
	if o.Follow <= 0 {
		o.Follow = defaultFollow
	}
	vs := &Views{ViewsOptions: o, byName: map[string]*liveView{}, skips: consumers.NewSkips(o.Journal)}
	vs.life, vs.end = context.WithCancel(context.WithoutCancel(ctx))
	var away error
	for i := range o.Declarations {
		d := &o.Declarations[i]
		if err := d.Check(); err != nil {
			return nil, errors.Join(err, vs.Close())
		}
		if vs.byName[d.Name] != nil {
			return nil, errors.Join(fmt.Errorf("runner: two views are called %s", d.Name), vs.Close())
		}
		v := newLiveView(vs, d)
		vs.all, vs.byName[d.Name] = append(vs.all, v), v
		if away != nil { // the others are not to wait as long for the same answer
			v.away = away
			continue
		}
		if err := v.open(ctx); errors.Is(err, view.ErrUnavailable) {
			away = err
			vs.Log.Warn("the views' engine cannot be asked now; they are opened as soon as it can be", "reason", err.Error())
		} else if err != nil {
			return nil, errors.Join(err, vs.Close())
		}
	}
	if vs.shared() && !vs.ReadOnly {
		vs.filling.Go(vs.follow)
	}
	return vs, nil
}

// shared says whether other processes have the same engine.
func (vs *Views) shared() bool { return vs.Leases != nil }

// Consumers gives what works on the views, for consumers.New: one for each partition of each view.
func (vs *Views) Consumers() []consumers.Consumer {
	vs.mu.Lock()
	vs.consumes = true
	vs.mu.Unlock()
	return vs.each()
}

// each gives the consumer of each partition, view by view.
func (vs *Views) each() []consumers.Consumer {
	var out []consumers.Consumer
	for _, v := range vs.all {
		for _, u := range v.units {
			out = append(out, u.consumer())
		}
	}
	return out
}

// Schema gives what can be asked of a view.
func (vs *Views) Schema(name string) (*view.Schema, bool) {
	v := vs.byName[name]
	if v == nil {
		return nil, false
	}
	return &v.declaration.Schema, true
}

// Skips tells past which events operators let views go on.
func (vs *Views) Skips() *consumers.Skips { return vs.skips }

// Query answers from a view's live generation and names it: a cursor holds within one generation only. Errors: consumers.ErrUnknown,
// consumers.ErrRebuilding, view.ErrUnavailable, and those of view.Generation.Query.
func (vs *Views) Query(ctx context.Context, name string, q view.Query) (result *view.Result, id view.GenerationID, err error) {
	err = vs.Use(name, func(g view.Generation) (err error) {
		id = g.ID()
		result, err = g.Query(ctx, q)
		return err
	})
	return result, id, err
}

// Use lends a view's live generation for as long as work takes. When another process has dropped it meanwhile, work is
// done once more with the one that took its place. When work met damage (view.ErrCorrupt), the view is refilled at once, where
// this process works on the views. Errors: consumers.ErrUnknown, consumers.ErrRebuilding, view.ErrUnavailable, work's.
func (vs *Views) Use(name string, work func(view.Generation) error) error {
	v := vs.byName[name]
	if v == nil {
		return fmt.Errorf("%w: %s", consumers.ErrUnknown, name)
	}
	var id view.GenerationID
	noting := func(g view.Generation) error {
		id = g.ID()
		return work(g)
	}
	err := v.use(noting)
	if vs.shared() && errors.Is(err, view.ErrNoGeneration) && v.open(vs.life) == nil {
		err = v.use(noting)
	}
	if errors.Is(err, view.ErrCorrupt) && v.damaged(id, err) {
		return fmt.Errorf("%w: %s: %w", consumers.ErrRebuilding, name, err)
	}
	return err
}

// Close ends fillings under way and closes every generation. Close the runner first.
func (vs *Views) Close() error {
	vs.mu.Lock()
	vs.end() // under the lock, so that no filling begins after it
	vs.mu.Unlock()
	vs.filling.Wait()
	var errs []error
	for _, v := range vs.all {
		errs = append(errs, v.close())
	}
	return errors.Join(errs...)
}
