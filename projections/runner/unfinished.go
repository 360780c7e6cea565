package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/leases"
	"accountledger/projections/view"
)

// Place is a view of an engine, and the log that it is folded from.
type Place struct {
	Engine      view.Engine
	Journal     *journal.Journal
	Declaration *Declaration
	// Partitions is by how many consumers the view's work is shared, 1 where it is not.
	Partitions int
}

const (
	// keepFor bounds the writing of what was folded when a filling is cut off.
	keepFor = 5 * time.Second
	// much is the part of what is folded that makes what is left to fold much: then a generation that was ready for queries is
	// made one to fill again, whose indexes are built at the end.
	much = 10
)

// errBegun is why a generation above the live one is no unfinished filling: nothing was kept of it, or consumers worked on it.
var errBegun = fmt.Errorf("%w: it is no filling that was cut off", consumers.ErrUnusable)

// errPast is why an interrupted filling starts over: a program that was mended since could fold what it went past.
var errPast = fmt.Errorf("%w: it went past an event that was skipped", consumers.ErrUnusable)

// Begin opens a generation above the live one to be filled: the one that a filling left that was cut off, if it fits, else, or
// if restart is set, a new one. It fits if it is of this declaration, this log and this sharing of the work, and went past no
// skipped event. Everything else above the live one is dropped. Nobody else may fill the view meanwhile.
//
// The filling's Checkpoint is where it goes on, the zero one for the beginning. After an error nothing is open.
func (p Place) Begin(ctx context.Context, restart bool) (view.Generation, *Filling, error) {
	g, err := p.resume(ctx, restart)
	if g == nil && err == nil {
		var number int
		if number, err = view.NextNumber(ctx, p.Engine, p.Declaration.Name); err == nil {
			g, err = p.Engine.Open(ctx, p.Declaration.Schema, number)
		}
		for errors.Is(err, view.ErrNoGeneration) { // one of that number was dropped and is still in use
			number++
			g, err = p.Engine.Open(ctx, p.Declaration.Schema, number)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := NewFilling(ctx, p.Declaration, g, p.Partitions)
	if err == nil {
		err = p.beginFill(ctx, g, f)
	}
	if err == nil {
		return g, f, nil
	}
	err = errors.Join(err, g.Close())
	if !resumable(err) {
		err = errors.Join(err, p.Engine.Drop(context.WithoutCancel(ctx), g.ID()))
	}
	return nil, nil, err
}

// beginFill lets a generation leave for the end what queries need, unless little is left to fold.
func (p Place) beginFill(ctx context.Context, g view.Generation, f *Filling) error {
	r, err := p.reached(ctx, f.at)
	if err != nil || r.Done > 0 && r.Total-r.Done <= r.Done/much {
		return err
	}
	return g.BeginFill(ctx)
}

// Reached is how much of the log lies before a place, and how much there is, in the log's unit.
type Reached struct {
	Done, Total int64
	Unit        string
}

// Reached tells how far a filling is that does not run.
func (p Place) Reached(ctx context.Context, f *Filling) (Reached, error) { return p.reached(ctx, f.at) }

func (p Place) reached(ctx context.Context, at journal.Checkpoint) (r Reached, err error) {
	head, err := p.Journal.Head(ctx)
	if err != nil {
		return r, err
	}
	if r.Total, r.Unit, err = p.Journal.Distance(ctx, journal.Position{}, head.Position); err != nil || at.IsZero() {
		return r, err
	}
	r.Done, _, err = p.Journal.Distance(ctx, journal.Position{}, at.Position)
	r.Total = max(r.Done, r.Total)
	return r, err
}

// resume opens what can be gone on with, nil when there is nothing, and drops what cannot be.
func (p Place) resume(ctx context.Context, restart bool) (found view.Generation, err error) {
	above, err := p.above(ctx)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Backward(above) {
		if found == nil && !restart {
			if found, _, err = p.fitting(ctx, id); err == nil {
				continue
			} else if !errors.Is(err, consumers.ErrUnusable) {
				return nil, err
			}
		}
		if err := p.Engine.Drop(ctx, id); err != nil && found != nil {
			return nil, errors.Join(err, found.Close())
		} else if err != nil {
			return nil, err
		}
	}
	return found, nil
}

// above lists what is stored of a view that is newer than the live generation, the oldest first: all where none is live.
func (p Place) above(ctx context.Context) ([]view.GenerationID, error) {
	all, err := p.Engine.Generations(ctx, p.Declaration.Name)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	live, err := p.Engine.Live(ctx, p.Declaration.Name)
	if errors.Is(err, view.ErrNoGeneration) || errors.Is(err, view.ErrCorrupt) {
		live = view.GenerationID{}
	} else if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(id view.GenerationID) bool { return id.Number <= live.Number }), nil
}

// fitting opens a generation that a filling can go on with, and gives where. An error that wraps consumers.ErrUnusable says why none can.
func (p Place) fitting(ctx context.Context, id view.GenerationID) (view.Generation, journal.Checkpoint, error) {
	if id.Version != p.Declaration.Version {
		return nil, journal.Checkpoint{}, fmt.Errorf("%w: it is of version %d", consumers.ErrUnusable, id.Version)
	}
	g, err := p.Engine.Open(ctx, p.Declaration.Schema, id.Number)
	if err != nil {
		return nil, journal.Checkpoint{}, unusable(err)
	}
	at, err := p.fits(ctx, g)
	if err != nil {
		return nil, at, errors.Join(err, g.Close())
	}
	return g, at, nil
}

func (p Place) fits(ctx context.Context, g view.Generation) (journal.Checkpoint, error) {
	b, err := g.Checkpoint(ctx, 0)
	if err != nil {
		return journal.Checkpoint{}, unusable(err)
	}
	at, err := decodeStored(b, max(p.Partitions, 1))
	switch {
	case err != nil:
		return at.Checkpoint, err
	case at.IsZero() || !at.Filling:
		return at.Checkpoint, errBegun
	case at.Past:
		return at.Checkpoint, errPast
	}
	if err = p.Journal.Fits(ctx, at.Checkpoint); foreign(err) {
		err = fmt.Errorf("%w: %w", consumers.ErrUnusable, err)
	}
	return at.Checkpoint, err
}

// Leave closes a generation that was to be filled and did not become the live one. It is kept to be gone on with, unless nothing
// was folded, or why says that what was folded, or how, is at fault: then it is dropped. Dropping goes on when ctx has ended.
func (p Place) Leave(ctx context.Context, g view.Generation, f *Filling, why error) error {
	err := g.Close()
	if resumable(why) && f != nil && !f.at.IsZero() {
		return err
	}
	return errors.Join(err, p.Engine.Drop(context.WithoutCancel(ctx), g.ID()))
}

// resumable says whether a filling that ended with an error can be gone on with.
func resumable(err error) bool {
	var fault *consumers.EventError
	return !errors.As(err, &fault) && !errors.Is(unusable(err), consumers.ErrUnusable) && !errors.Is(err, view.ErrDocument)
}

// keeping gives the time to write what was folded, also when ctx has ended. It gives none where a lease was lost: another process
// may be at the same work.
func keeping(ctx context.Context) (context.Context, context.CancelFunc) {
	if ctx.Err() == nil || errors.Is(context.Cause(ctx), leases.ErrLost) {
		return ctx, func() {}
	}
	return context.WithTimeout(context.WithoutCancel(ctx), keepFor)
}
