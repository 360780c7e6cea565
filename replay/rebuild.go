package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"accountledger/journal"
	"accountledger/leases"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// ErrUnknownView means that the program has no view of that name.
var ErrUnknownView = errors.New("replay: no such view")

// Deps are the dependencies of a rebuild.
type Deps struct {
	Journal *journal.Journal
	Engine  view.Engine
	// Views are all views of the program.
	Views []runner.Declaration
	// Partitions is how many consumers share the work on each view, as in runner.ViewsOptions: 1.
	Partitions int
	// Hold stops a view's consumers while the new generation replaces the live one; it is
	// consumers.Runner.Hold, or nil if no consumers run, or if Leases are set.
	Hold func(ctx context.Context, view string) (release func(), err error)
	// Claim keeps others in this process from filling a view; it is runner.Views.Claim, or nil if no views are open,
	// or if Leases are set.
	Claim func(ctx context.Context, view string) (release func(), err error)
	// Leases are set if other processes use the same engine. Then no consumer is stopped: the rebuild takes the view's
	// fill lease, the consumers of all processes continue from the new generation's checkpoint as soon as they see that it is
	// live, and they drop the old one once all have had time to switch.
	Leases *leases.Keeper
	// Budget limits filling, for as many views at once as it has room for; nil: as much as makes it fastest, for all at once.
	Budget *runner.Budget
	// Restart starts at the beginning of the log, even if an interrupted rebuild could be resumed; that one is dropped.
	Restart bool
	// Resumed is called for each view, before anything is folded, whose rebuild resumes an interrupted one: with how much had been
	// done, of how much there is now. It may be nil.
	Resumed func(view string, at runner.Reached)
}

// ErrFilling means that the view is being filled elsewhere, or that this cannot be determined.
var ErrFilling = errors.New("replay: the view is already being filled, or the leases cannot be reached")

// fillPatience is how long to wait for the right to fill a view.
const fillPatience = 2 * time.Second

// Progress is called with the progress of each view: events done, and events in total, of those that the rebuild starts or resumes
// with. It is called from one goroutine at a time, a few times a second, and with done equal to total when a view is complete.
type Progress func(name string, done, total int64)

// progressEvery is how often Progress is called.
const progressEvery = 200 * time.Millisecond

// Rebuild folds views again from the beginning of the log, all of them if none is named, beside the live ones, which still
// answer queries and are written to. A new generation that has reached the head replaces the live one in
// one step, and the old one is dropped.
//
// A view that fails, or all if ctx ends, stays unchanged; the others are swapped. The progress of one interrupted by
// ctx, a temporary fault, or the end of the process is kept, and the next rebuild of that view resumes it if it still
// fits (runner.Place.Begin); at most one is kept per view. If folding itself fails, or what was folded is damaged, it is dropped.
//
// Errors name the view: ErrUnknownView (nothing was started), a *consumers.EventError if an event cannot be
// folded, a *runner.UnreadableError if a newer program wrote the log, ErrFilling, ctx's, or the engine's.
func Rebuild(ctx context.Context, deps Deps, views []string, progress Progress) error {
	chosen, err := choose(deps.Views, views)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all []*rebuild
	defer func() {
		for _, r := range all {
			r.release(ctx)
		}
	}()
	for _, d := range chosen {
		r := &rebuild{deps: deps, view: d}
		all = append(all, r)
		if err := r.open(ctx); err != nil {
			return errors.Join(fmt.Errorf("replay: view %s: %w", d.Name, err), leaveAll(ctx, all))
		}
		if r.lease != nil { // losing one ends them all: the others would be lost too
			within, end := r.lease.Context(ctx)
			defer end()
			context.AfterFunc(within, func() { cancel(context.Cause(within)) })
		}
	}
	fillings := make([]*runner.Filling, len(all))
	for i, r := range all {
		fillings[i] = r.next.Filling
	}
	stop := report(all, progress)
	errs := make([]error, len(all))
	deps.Budget.Each(ctx, deps.Journal, runner.Rebuild, fillings, runner.Stages{
		Filled: func(i int, err error) error { return all[i].ready(ctx, err) },
		Ended:  func(i int, err error) { errs[i] = all[i].finish(ctx, err) },
	})
	stop()
	return errors.Join(errs...)
}

func choose(all []runner.Declaration, names []string) ([]*runner.Declaration, error) {
	var chosen []*runner.Declaration
	for i := range all {
		if len(names) == 0 || slices.Contains(names, all[i].Name) {
			chosen = append(chosen, &all[i])
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(chosen, func(d *runner.Declaration) bool { return d.Name == name }) {
			return nil, ErrUnknownView
		}
	}
	return chosen, nil
}

// rebuild rebuilds one view.
type rebuild struct {
	deps    Deps
	view    *runner.Declaration
	next    *runner.Next  // nil until it is begun
	lease   *leases.Lease // nil if only this process uses the engine
	unclaim func()        // nil if there is nothing to release
}

func (r *rebuild) place() runner.Place {
	return runner.Place{Engine: r.deps.Engine, Journal: r.deps.Journal, Declaration: r.view, Partitions: r.deps.Partitions}
}

// open starts a generation, or resumes one.
func (r *rebuild) open(ctx context.Context) (err error) {
	if err := r.claim(ctx); err != nil {
		return err
	}
	if r.next, err = r.place().Next(ctx, r.deps.Restart, r.held); err != nil || r.deps.Resumed == nil || r.next.Filling.Checkpoint().IsZero() {
		return err
	}
	at, err := r.place().Reached(ctx, r.next.Filling)
	if err == nil {
		r.deps.Resumed(r.view.Name, at)
	}
	return err
}

// claim makes sure that nobody else fills the view.
func (r *rebuild) claim(ctx context.Context) (err error) {
	// Others may hold it for a moment to remove a replaced generation or inspect an unfinished one.
	waiting, cancel := context.WithTimeout(ctx, fillPatience)
	defer cancel()
	switch {
	case r.deps.Leases != nil:
		r.lease, err = r.deps.Leases.Wait(waiting, runner.FillLease(r.view.Name))
	case r.deps.Claim != nil:
		r.unclaim, err = r.deps.Claim(waiting, r.view.Name)
	}
	if err != nil && ctx.Err() == nil {
		return ErrFilling
	}
	return err
}

// finish installs what was filled without an error, and otherwise leaves it.
func (r *rebuild) finish(ctx context.Context, err error) error {
	if err == nil {
		err = r.install(ctx)
	}
	if err != nil {
		return fmt.Errorf("replay: view %s: %w", r.view.Name, errors.Join(err, r.leave(ctx, err)))
	}
	return nil
}

// release lets others fill the view, once all views are done: the loss of one lease ends all. If the leases cannot be
// reached they expire by themselves.
func (r *rebuild) release(ctx context.Context) {
	if r.lease != nil {
		_ = r.lease.Release(context.WithoutCancel(ctx))
	}
	if r.unclaim != nil {
		r.unclaim()
	}
}

// held says whether the right to fill the view still is ours.
func (r *rebuild) held() bool { return r.lease == nil || r.lease.Held() }

// ready makes what was filled without an error ready for queries.
func (r *rebuild) ready(ctx context.Context, err error) error {
	if err != nil {
		return err
	}
	return r.next.Ready(ctx)
}

// install brings a generation that is ready for queries to the head while nobody writes to the live one, and
// then replaces that one.
func (r *rebuild) install(ctx context.Context) error {
	if err := r.next.CatchUp(ctx); err != nil { // what has been added meanwhile, so that the hold is short
		return err
	}
	if r.deps.Hold != nil {
		release, err := r.deps.Hold(ctx, r.view.Name)
		if err != nil {
			return err
		}
		defer release()
		if err := r.next.CatchUp(ctx); err != nil {
			return err
		}
	}
	return r.swap(ctx)
}

// swap drops what the new generation replaces, unless other processes may still have to switch.
func (r *rebuild) swap(ctx context.Context) error {
	g, err := r.next.Swap(ctx)
	if err != nil {
		return err
	}
	err = g.Close()
	if r.lease == nil {
		err = errors.Join(err, r.place().Tidy(context.WithoutCancel(ctx), g.ID()))
	}
	return err
}

// leave keeps or drops a generation that did not become the live one, depending on why.
func (r *rebuild) leave(ctx context.Context, why error) error {
	if r.next == nil {
		return nil
	}
	return r.next.Leave(ctx, why)
}

func leaveAll(ctx context.Context, all []*rebuild) error {
	var errs []error
	for _, r := range all {
		errs = append(errs, r.leave(ctx, nil))
	}
	return errors.Join(errs...)
}

// report reports the progress of each rebuild until it is stopped, and then once more.
func report(all []*rebuild, progress Progress) (stop func()) {
	if progress == nil {
		return func() {}
	}
	tell := func() {
		for _, r := range all {
			done, total := r.next.Filling.Progress()
			progress(r.view.Name, done, total)
		}
	}
	var running sync.WaitGroup
	end := make(chan struct{})
	running.Go(func() {
		tick := time.NewTicker(progressEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				tell()
			case <-end:
				tell()
				return
			}
		}
	})
	return func() {
		close(end)
		running.Wait()
	}
}
