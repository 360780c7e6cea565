package transfer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

// tries is how often in a row the target is tried without progress. With the pauses it is
// longer than a cluster takes to replace a frozen leader.
const tries = 12

func pauses() backoff.Tries {
	return backoff.Tries{Steps: backoff.Steps{First: 50 * time.Millisecond, Longest: 2 * time.Second, Factor: 2}}
}

// handOver appends all batches. After a failure it reads what the target holds and continues
// after that: the same ids at the same versions make it safe if some of what was sent arrives only then.
func (w *Writer) handOver(ctx context.Context) error {
	pause, failed := pauses(), 0
	for w.waiting = 0; len(w.batches) > 0; {
		before := w.placed
		err := w.append(ctx)
		if err != nil && !passing(err) {
			return w.refused(ctx, err)
		}
		if err != nil {
			if pause.Wait(ctx) != nil {
				return ctx.Err()
			}
			if looked := w.look(ctx); looked != nil && !passing(looked) {
				return fmt.Errorf("%w (an append had failed: %w)", looked, err)
			}
		}
		if w.placed > before {
			failed = 0
			pause.Reset()
		} else if failed++; failed == tries {
			return err
		}
	}
	w.batches = nil // and release them
	return nil
}

// passing reports whether an error may be temporary.
func passing(err error) bool {
	return errors.Is(err, eventstore.ErrUnknownOutcome) || errors.Is(err, eventstore.ErrUnavailable)
}

// append appends the batches: all of them with a Sequencer, else one.
func (w *Writer) append(ctx context.Context) error {
	if w.order != nil {
		done, err := w.order.AppendInOrder(ctx, w.batches...)
		w.arrived(done...)
		return err
	}
	b := w.batches[0]
	done, err := w.to.Append(ctx, b.Stream, b.Expected, b.Events...)
	if err == nil {
		w.arrived(done)
	}
	return err
}

// arrived records that the target holds the first batches, and where.
func (w *Writer) arrived(done ...eventstore.Appended) {
	for i, a := range done {
		w.placed, w.at = w.placed+int64(len(w.batches[i].Events)), a.Position
	}
	w.batches = w.batches[len(done):]
}

// look reads what the target holds after the last known event, and removes it from the batches. Anything else there is
// *OrderError or *DifferentError.
func (w *Writer) look(ctx context.Context) error {
	for have, err := range read(ctx, w.to, w.at) {
		if err != nil {
			return err
		}
		if len(w.batches) == 0 || !w.holds(&w.batches[0], 0, have) {
			return w.misplaced(have)
		}
		w.placed, w.at = w.placed+1, have.Position
		first := &w.batches[0]
		first.Expected, first.Events = first.Expected+1, first.Events[1:]
		if len(first.Events) == 0 {
			w.batches = w.batches[1:]
		}
	}
	return nil
}

// holds reports whether an event of the target's is the ith of a batch.
func (w *Writer) holds(b *eventstore.Batch, i int, have *eventstore.Recorded) bool {
	return b.Events[i].ID == have.ID &&
		w.hasher.entry(have) == w.hasher.entry(&eventstore.Recorded{Event: b.Events[i], Stream: b.Stream, Version: b.Expected + 1 + int64(i)})
}

// misplaced is the error for a target's event in the wrong place.
func (w *Writer) misplaced(have *eventstore.Recorded) error {
	for i := range w.batches {
		for j := range w.batches[i].Events {
			if w.holds(&w.batches[i], j, have) {
				return &OrderError{Event: w.placed + 1, Stream: have.Stream, Version: have.Version}
			}
		}
	}
	return &DifferentError{Event: w.placed + 1, Stream: have.Stream, Version: have.Version}
}

// refused is the error of an append that retrying will not help: what is in the target says more, if
// it can be read.
func (w *Writer) refused(ctx context.Context, err error) error {
	var conflict *eventstore.ConflictError
	isConflict := errors.As(err, &conflict)
	if !isConflict && !errors.Is(err, eventstore.ErrOutOfOrder) {
		return err
	}
	var different *DifferentError
	var order *OrderError
	looked := w.look(ctx)
	switch {
	case errors.As(looked, &different), errors.As(looked, &order):
		return looked
	case isConflict:
		// The target held all this a moment ago and nothing more: somebody else is writing to it.
		return &DifferentError{Event: w.placed + 1, Stream: conflict.Stream, Version: conflict.Actual}
	}
	return err
}
