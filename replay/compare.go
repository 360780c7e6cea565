package replay

import (
	"context"
	"errors"
	"fmt"

	"accountledger/journal"
	"accountledger/projections/runner"
	"accountledger/projections/view"
)

// CompareDeps are the dependencies of a comparison.
type CompareDeps struct {
	Journal *journal.Journal
	// Engine holds the live views; Scratch is an empty engine to be discarded afterwards.
	Engine, Scratch view.Engine
	// Budget limits filling, as in Deps.
	Budget *runner.Budget
	// Views are all views of the program.
	Views []runner.Declaration
	// Reached returns once queries of a live view see everything up to a position. It must fail rather than wait for a
	// consumer that is not running.
	Reached func(ctx context.Context, view string, position journal.Position) error
}

// Difference is a document in the live view that does not match the log. It names fields, never their values.
type Difference struct {
	View string `json:"view"`
	ID   string `json:"id"`
	// Kind is missing (the live view lacks it), extra (the log does not produce it) or different.
	Kind string `json:"kind"`
	// Fields are those that differ; none if only the document's version does.
	Fields []string `json:"fields,omitempty"`
}

// Kinds of a difference.
const (
	Missing   = "missing"
	Extra     = "extra"
	Different = "different"
)

// Compare rebuilds views from the log in the scratch engine, all of them if none is named, and reports every document
// that differs in the live view. Consumers may keep running: a document that changed while it was compared is compared
// again. It returns how many documents were compared. Errors name the view.
func Compare(ctx context.Context, deps CompareDeps, views []string, progress Progress, found func(Difference)) (int64, error) {
	chosen, err := choose(deps.Views, views)
	if err != nil {
		return 0, err
	}
	all := make([]*rebuild, 0, len(chosen))
	defer func() {
		for _, r := range all {
			if r.next != nil && r.next.Generation != nil {
				_ = r.next.Generation.Close() // the scratch engine is discarded
			}
		}
	}()
	fillings := make([]*runner.Filling, len(chosen))
	for i, d := range chosen {
		r := &rebuild{deps: Deps{Journal: deps.Journal, Engine: deps.Scratch}, view: d}
		all = append(all, r)
		if err := r.open(ctx); err != nil {
			return 0, fmt.Errorf("replay: view %s: %w", d.Name, err)
		}
		fillings[i] = r.next.Filling
	}
	stop := report(all, progress)
	defer stop()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turns := newTurns(len(all)) // views are compared one after another, and findings are reported in that order
	var compared int64
	var failed error
	deps.Budget.Each(ctx, deps.Journal, runner.Comparison, fillings, runner.Stages{
		Filled: func(i int, err error) error { return all[i].ready(ctx, err) },
		Ended: func(i int, err error) {
			defer turns.await(i)()
			if failed != nil {
				return
			}
			n := int64(0)
			if err == nil {
				n, err = compareView(ctx, &deps, all[i], found)
			}
			compared += n
			if err == nil {
				err = all[i].drop(ctx)
			}
			if err != nil {
				failed = fmt.Errorf("replay: view %s: %w", all[i].view.Name, err)
				cancel() // the others are no longer needed
			}
		},
	})
	return compared, failed
}

// drop frees the space of what was compared.
func (r *rebuild) drop(ctx context.Context) error {
	g := r.next.Generation
	r.next.Generation = nil
	return errors.Join(g.Close(), r.deps.Engine.Drop(ctx, g.ID()))
}

// turns makes goroutines take turns.
type turns []chan struct{}

func newTurns(n int) turns {
	t := make(turns, n+1)
	for i := range t {
		t[i] = make(chan struct{})
	}
	close(t[0])
	return t
}

// await waits until all turns before n are over, and returns a function that ends its own.
func (t turns) await(n int) (end func()) {
	<-t[n]
	return func() { close(t[n+1]) }
}

// comparison compares one view.
type comparison struct {
	*CompareDeps
	view     *runner.Declaration
	fresh    *rebuild
	live     view.Generation
	compared int64
}

func compareView(ctx context.Context, deps *CompareDeps, fresh *rebuild, report func(Difference)) (_ int64, err error) {
	id, err := deps.Engine.Live(ctx, fresh.view.Name)
	if err != nil {
		return 0, err
	}
	live, err := deps.Engine.Open(ctx, fresh.view.Schema, id.Number)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, live.Close()) }()
	c := &comparison{CompareDeps: deps, view: fresh.view, fresh: fresh, live: live}
	if err := c.level(ctx); err != nil {
		return 0, err
	}
	err = c.walk(ctx, report)
	return c.compared, err
}

// level brings the fresh generation to the head of the log, and waits until the live one is at least as far.
func (c *comparison) level(ctx context.Context) error {
	if err := c.fresh.next.CatchUp(ctx); err != nil {
		return err
	}
	return c.reached(ctx)
}

// reached waits until the live generation is at least as far as the fresh one.
func (c *comparison) reached(ctx context.Context) error {
	if at := c.fresh.next.Filling.Checkpoint().Position; !at.IsZero() {
		return c.Reached(ctx, c.view.Name, at)
	}
	return nil
}

// maxSuspects bounds the documents to be compared again, however many differ.
const maxSuspects = 1000

// walk goes through all documents and checks again those that differed when they were read.
func (c *comparison) walk(ctx context.Context, report func(Difference)) error {
	fresh, live := &walk{generation: c.fresh.next.Generation}, &walk{generation: c.live}
	var ids []string
	for {
		a, err := fresh.peek(ctx)
		if err != nil {
			return err
		}
		b, err := live.peek(ctx)
		if err != nil {
			return err
		}
		if done := a == nil && b == nil; done || len(ids) >= maxSuspects {
			if err := c.recheck(ctx, ids, report); done || err != nil {
				return err
			}
			ids = ids[:0]
		}
		switch {
		case b == nil || a != nil && a.ID < b.ID:
			ids = append(ids, a.ID)
			fresh.next()
		case a == nil || b.ID < a.ID:
			ids = append(ids, b.ID)
			live.next()
		default:
			if !a.Equal(b) {
				ids = append(ids, a.ID)
			}
			fresh.next()
			live.next()
		}
		c.compared++
	}
}

// walk reads the documents of a generation in the order of their ids.
type walk struct {
	generation view.Generation
	page       []*view.Document
	after      *view.Cursor
	ended      bool
}

func (w *walk) peek(ctx context.Context) (*view.Document, error) {
	for len(w.page) == 0 && !w.ended {
		r, err := w.generation.Query(ctx, view.Query{Limit: view.MaxLimit, After: w.after})
		if err != nil {
			return nil, err
		}
		w.page, w.after, w.ended = r.Documents, r.Next, r.Next == nil
	}
	if len(w.page) == 0 {
		return nil, nil
	}
	return w.page[0], nil
}

func (w *walk) next() { w.page = w.page[1:] }

// recheck compares again what differed, and reports what really differs. A document that the live view has changed since is
// compared with what the log produces up to just that change.
func (c *comparison) recheck(ctx context.Context, ids []string, report func(Difference)) error {
	for _, id := range ids {
		if err := c.reached(ctx); err != nil { // the live view has everything the fresh one has
			return err
		}
		live, err := c.live.Load(ctx, []string{id})
		if err != nil {
			return err
		}
		if live[0] != nil {
			if err := runner.FillTo(ctx, c.Journal, live[0].Position, c.fresh.next.Filling); err != nil {
				return err
			}
		}
		fresh, err := c.fresh.next.Generation.Load(ctx, []string{id})
		if err != nil {
			return err
		}
		if d, differs := c.difference(id, fresh[0], live[0]); differs {
			report(d)
		}
	}
	return nil
}

// difference returns how a document from the log differs from the live one; nil and a tombstone are equal.
func (c *comparison) difference(id string, fresh, live *view.Document) (Difference, bool) {
	d := Difference{View: c.view.Name, ID: id, Kind: Different}
	noFresh, noLive := fresh == nil || fresh.Deleted, live == nil || live.Deleted
	switch {
	case noFresh && noLive:
		return d, false
	case noLive:
		d.Kind = Missing
	case noFresh:
		d.Kind = Extra
	case fresh.Equal(live):
		return d, false
	default:
		for i, f := range c.view.Fields {
			if valueAt(fresh, i) != valueAt(live, i) {
				d.Fields = append(d.Fields, f.Name)
			}
		}
	}
	return d, true
}

func valueAt(d *view.Document, i int) view.Value {
	if i >= len(d.Values) {
		return view.Value{}
	}
	return d.Values[i]
}
