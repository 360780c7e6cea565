package runner

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/projections/view"
)

const (
	// fillAhead is how many pages a view may lag behind the others.
	fillAhead = 2
	// fillDocuments and fillEvents bound what is folded before it is written, as limits do.
	fillDocuments = 8 << 10
	fillEvents    = 64 << 10
)

// UnreadableError says that the log goes on with an event that this program cannot read, so a view cannot come further.
type UnreadableError struct{ Err error }

func (e *UnreadableError) Error() string {
	return "runner: the log cannot be read further: " + e.Err.Error()
}

// Unwrap gives the cause.
func (e *UnreadableError) Unwrap() error { return e.Err }

// Filling is one generation on its way to the head of the log.
type Filling struct {
	folding *folding
	at      journal.Checkpoint
	done    atomic.Int64
	total   atomic.Int64
}

// NewFilling begins with a generation where its first partition's checkpoint stands. partitions is by how many consumers
// the view's work will be shared, 1 where it is not.
func NewFilling(ctx context.Context, d *Declaration, g view.Generation, partitions int) (*Filling, error) {
	b, err := g.Checkpoint(ctx, 0)
	if err != nil {
		return nil, err
	}
	partitions = max(partitions, 1)
	at, err := decodeStored(b, partitions)
	if err != nil {
		return nil, err
	}
	f := &Filling{folding: newFolding(d, g, everyPart, partitions), at: at.Checkpoint}
	f.folding.past = at.Past
	return f, nil
}

// Finish gives every partition the checkpoint that the filling has come to: the consumers go on from there once
// the generation is the live one. It must be called before that, and again after each Fill.
func (f *Filling) Finish(ctx context.Context) error {
	if f.at.IsZero() {
		return nil
	}
	at, err := f.folding.checkpoint(f.at)
	for part := 1; part < f.folding.parts && err == nil; part++ {
		err = f.folding.generation.Write(ctx, view.Batch{Partition: part, Checkpoint: at})
	}
	return err
}

// Checkpoint is how far it has come, once Fill has returned.
func (f *Filling) Checkpoint() journal.Checkpoint { return f.at }

// Progress tells what is dealt with since the filling was begun or gone on with, and what there was to deal with when Fill was
// called last, in the log's unit. It can be asked while Fill runs.
func (f *Filling) Progress() (done, total int64) { return f.done.Load(), f.total.Load() }

// Fill brings generations to where the head of the log is now. Each page is read and decoded once for all of them; each
// folds it in a goroutine of its own. Those that stand furthest behind decide where reading begins.
//
// The answer has one error for each, nil where all went well: a *consumers.EventError when an event cannot be folded and was not skipped, an
// *UnreadableError, ctx's, or the engine's. What was written by then is kept.
func Fill(ctx context.Context, j *journal.Journal, all ...*Filling) []error {
	errs := make([]error, len(all))
	head, err := j.Head(ctx)
	if err == nil {
		err = prepare(ctx, j, head, all)
	}
	if err != nil {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	var folders sync.WaitGroup
	pages := make([]chan journal.Page, len(all))
	gone := make([]chan struct{}, len(all))
	for i, f := range all {
		pages[i], gone[i] = make(chan journal.Page, fillAhead), make(chan struct{})
		folders.Go(func() {
			defer close(gone[i])
			errs[i] = f.run(ctx, j, pages[i])
		})
	}
	err = read(ctx, j, all, head, func(p journal.Page) {
		for i := range all {
			select {
			case pages[i] <- p:
			case <-gone[i]:
			}
		}
	})
	for i := range pages {
		close(pages[i])
	}
	folders.Wait()
	for _, f := range all {
		f.folding.remembered, f.folding.known = nil, nil
	}
	for i := range errs {
		errs[i] = errors.Join(errs[i], err)
	}
	return errs
}

func prepare(ctx context.Context, j *journal.Journal, head journal.Checkpoint, all []*Filling) error {
	skips := consumers.NewSkips(j)
	for _, f := range all {
		f.folding.skips = skips
		total, _, err := j.Distance(ctx, f.at.Position, head.Position)
		if err != nil {
			return err
		}
		f.total.Store(f.done.Load() + total)
		f.folding.remembered = newMemory(f.folding.limits.remembered)
		if f.at.IsZero() {
			f.folding.known = newKnown(total, f.folding.limits.known)
		}
	}
	return nil
}

// read hands out pages up to head.
func read(ctx context.Context, j *journal.Journal, all []*Filling, head journal.Checkpoint, hand func(journal.Page)) error {
	at, page := head, pageMost
	for _, f := range all {
		if f.at.Position.Compare(at.Position) < 0 {
			at = f.at
		}
		page = min(page, f.folding.limits.page)
	}
	return upTo(ctx, j, at, head.Position, page, func(page journal.Page) (bool, error) {
		hand(page)
		return true, nil
	})
}

// upTo reads pages of up to limit events after a checkpoint until one reaches the end, a place that the log has, or the caller wants no more.
func upTo(ctx context.Context, j *journal.Journal, at journal.Checkpoint, end journal.Position, limit int, each func(journal.Page) (bool, error)) error {
	if at.Position.Compare(end) >= 0 {
		return nil
	}
	for page, err := range j.Pages(ctx, at, limit) {
		if err != nil {
			return err
		}
		if more, err := each(page); err != nil || !more {
			return err
		}
		if page.Waits != nil {
			return &UnreadableError{page.Waits}
		}
		if at = page.Checkpoint; at.Position.Compare(end) >= 0 {
			return nil
		}
	}
	return fmt.Errorf("runner: the log ends at %s, before its head", at.Position)
}

// run folds pages and writes what has gathered, the rest at the end. When ctx ends first, what is folded by then is written
// all the same, so that it can be gone on with.
func (f *Filling) run(ctx context.Context, j *journal.Journal, pages <-chan journal.Page) error {
	g := gathering{Filling: f, at: f.at, begun: f.at, before: f.done.Load()}
	f.folding.empty()
	err := g.fold(ctx, j, pages)
	var fault *consumers.EventError
	if errors.As(err, &fault) || err != nil && ctx.Err() == nil {
		return err
	}
	kept, cancel := keeping(ctx)
	defer cancel()
	return errors.Join(err, g.write(kept))
}

// gathering is what a filling has folded and not written.
type gathering struct {
	*Filling
	at, begun journal.Checkpoint
	before    int64 // what was done when it began
	events    int
}

func (g *gathering) fold(ctx context.Context, j *journal.Journal, pages <-chan journal.Page) error {
	for page := range pages {
		if page.Checkpoint.Position.Compare(g.at.Position) <= 0 {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := g.folding.fold(ctx, page.Records); err != nil {
			return err
		}
		g.at = page.Checkpoint
		g.events += len(page.Records)
		done, _, err := j.Distance(ctx, g.begun.Position, g.at.Position)
		if err != nil {
			return err
		}
		g.done.Store(min(g.before+done, g.total.Load()))
		if len(g.folding.changed) >= fillDocuments || g.events >= fillEvents || g.folding.held >= g.folding.limits.gathered {
			if err := g.write(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

func (g *gathering) write(ctx context.Context) error {
	if g.at == g.Filling.at {
		return nil
	}
	if err := g.folding.write(ctx, g.at); err != nil {
		return err
	}
	g.Filling.at, g.events = g.at, 0
	return nil
}
