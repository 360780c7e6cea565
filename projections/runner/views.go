package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"accountledger/journal"
	"accountledger/projections/view"
)

// Views are the views of a program with their live generations: consumers on one side, answers to queries on
// the other. A view without a usable generation is filled anew as soon as a runner asks for its checkpoint, together
// with all others that need it. Views are safe for concurrent use.
type Views struct {
	engine  view.Engine
	journal *journal.Journal
	log     *slog.Logger
	all     []*View
	byName  map[string]*View

	// life ends with Close, and with it the filling under way.
	life context.Context //nolint:containedctx // it is the life of the fillings, which outlast who asked first
	end  context.CancelFunc

	mu      sync.Mutex
	filling sync.WaitGroup
}

// OpenViews opens the live generation of each view and clears away what an unfinished rebuild left. Views that have
// none that can be used, because they are new, of another version, of another log or damaged, are only
// noted. Other errors of the engine are given back.
func OpenViews(ctx context.Context, e view.Engine, j *journal.Journal, log *slog.Logger, declarations []Declaration) (*Views, error) {
	vs := &Views{engine: e, journal: j, log: log, byName: map[string]*View{}}
	vs.life, vs.end = context.WithCancel(context.WithoutCancel(ctx))
	for i := range declarations {
		d := &declarations[i]
		if err := d.Check(); err != nil {
			return nil, errors.Join(err, vs.Close())
		}
		if vs.byName[d.Name] != nil {
			return nil, errors.Join(fmt.Errorf("runner: two views are called %s", d.Name), vs.Close())
		}
		v := &View{set: vs, declaration: d}
		vs.all, vs.byName[d.Name] = append(vs.all, v), v
		if err := errors.Join(v.open(ctx), v.tidy(ctx), v.findLeftover(ctx)); err != nil {
			return nil, errors.Join(err, vs.Close())
		}
	}
	return vs, nil
}

// Consumers gives the views for New.
func (vs *Views) Consumers() []Consumer {
	out := make([]Consumer, len(vs.all))
	for i, v := range vs.all {
		out[i] = v
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

// Query answers from a view's live generation and names it: a cursor holds within one generation only. Errors: ErrUnknown,
// ErrRebuilding, and those of view.Generation.Query.
func (vs *Views) Query(ctx context.Context, name string, q view.Query) (result *view.Result, id view.GenerationID, err error) {
	err = vs.Use(name, func(g view.Generation) (err error) {
		id = g.ID()
		result, err = g.Query(ctx, q)
		return err
	})
	return result, id, err
}

// Use lends a view's live generation for as long as work takes. Errors: ErrUnknown, ErrRebuilding, work's.
func (vs *Views) Use(name string, work func(view.Generation) error) error {
	v := vs.byName[name]
	if v == nil {
		return fmt.Errorf("%w: %s", ErrUnknown, name)
	}
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.live == nil || v.why != nil {
		return fmt.Errorf("%w: %s", ErrRebuilding, name)
	}
	return work(v.live)
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
