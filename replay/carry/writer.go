package carry

import (
	"context"
	"errors"
	"iter"
	"time"

	"accountledger/eventstore"
)

// batchEvents bounds how many events of one stream go into one append.
const batchEvents = 256

// Limits of what is handed over at once to an engine that keeps the order of many appends.
const (
	handOverBytes   = 4 << 20
	handOverBatches = 4096
)

// Writer makes a target log hold a history, event by event in the order of the log. What the
// target already holds is compared and passed over, so that a copy that broke off goes on
// where it was; then events are appended. Consecutive events of one stream share an append.
// Where the engine keeps the order of appends that are handed over together
// (eventstore.Sequencer) many are; elsewhere one at a time, which keeps it on every engine.
type Writer struct {
	to     eventstore.Store
	hasher *hasher
	digest Digest

	existing func() (*eventstore.Recorded, error, bool) // of the target; nil once it is exhausted
	stop     func()

	batch   eventstore.Batch // is gathered
	size    int              // of it
	batches []eventstore.Batch
	waiting int                  // bytes of batches
	order   eventstore.Sequencer // nil when the engine is none
	skip    int64                // how many events the target held when it was opened
}

// NewWriter begins to write a history to a log. Close it.
func NewWriter(ctx context.Context, to eventstore.Store) *Writer {
	w := &Writer{to: to, hasher: newHasher()}
	w.order, _ = to.(eventstore.Sequencer)
	w.existing, w.stop = iter.Pull2(Events(ctx, to))
	return w
}

// Digest is that of all events written so far, those that the target had already included.
func (w *Writer) Digest() Digest { return w.digest }

// Resumed is how many events the target held before.
func (w *Writer) Resumed() int64 { return w.skip }

// Close frees the writer; what was not flushed is not written.
func (w *Writer) Close() { w.stop() }

// Write puts the next event of the history: *DifferentError when the target holds another in
// its place, else the errors of Store.Append.
func (w *Writer) Write(ctx context.Context, e *eventstore.Recorded) error {
	leaf := w.hasher.leaf(e)
	w.hasher.add(&w.digest, leaf)
	if w.existing != nil {
		have, err, more := w.existing()
		switch {
		case err != nil:
			return err
		case more && w.hasher.leaf(have) != leaf:
			return &DifferentError{Event: w.digest.Events, Stream: have.Stream, Version: have.Version}
		case more:
			w.skip++
			return nil
		}
		w.existing = nil
	}
	size := len(e.Stream) + len(e.Type) + len(e.Data) + len(e.Metadata)
	n := len(w.batch.Events)
	if n > 0 && (e.Stream != w.batch.Stream || e.Version != w.batch.Expected+1+int64(n) || n == batchEvents || w.size+size > eventstore.MaxAppendBytes) {
		if err := w.endBatch(ctx); err != nil {
			return err
		}
	}
	if len(w.batch.Events) == 0 {
		w.batch.Stream, w.batch.Expected = e.Stream, e.Version-1
	}
	w.batch.Events = append(w.batch.Events, e.Event)
	w.size += size
	return nil
}

// endBatch hands what is gathered over, or keeps it to be handed over with others.
func (w *Writer) endBatch(ctx context.Context) error {
	if len(w.batch.Events) == 0 {
		return nil
	}
	w.batches, w.waiting = append(w.batches, w.batch), w.waiting+w.size
	w.batch, w.size = eventstore.Batch{}, 0
	if w.order != nil && w.waiting < handOverBytes && len(w.batches) < handOverBatches {
		return nil
	}
	return w.handOver(ctx)
}

// Flush appends what is gathered.
func (w *Writer) Flush(ctx context.Context) error {
	if err := w.endBatch(ctx); err != nil {
		return err
	}
	return w.handOver(ctx)
}

func (w *Writer) handOver(ctx context.Context) error {
	err := w.append(ctx, w.batches)
	var conflict *eventstore.ConflictError
	if errors.As(err, &conflict) {
		// The target held all this a moment ago and nothing more: somebody else writes to it.
		return &DifferentError{Event: w.digest.Events, Stream: conflict.Stream, Version: conflict.Actual}
	}
	if err == nil {
		clear(w.batches)
		w.batches, w.waiting = w.batches[:0], 0
	}
	return err
}

// tries is how often an append is tried whose outcome is not known, or whose log cannot be
// reached; the same ids at the same version make that safe.
const tries = 6

func (w *Writer) append(ctx context.Context, batches []eventstore.Batch) (err error) {
	if len(batches) == 0 {
		return nil
	}
	if w.order != nil {
		_, err = w.order.AppendInOrder(ctx, batches...)
		return err
	}
	for _, b := range batches {
		if err := w.appendOne(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

func (w *Writer) appendOne(ctx context.Context, b eventstore.Batch) (err error) {
	for try := range tries {
		_, err = w.to.Append(ctx, b.Stream, b.Expected, b.Events...)
		if !errors.Is(err, eventstore.ErrUnknownOutcome) && !errors.Is(err, eventstore.ErrUnavailable) {
			return err
		}
		if !wait(ctx, time.Duration(50<<try)*time.Millisecond) {
			return ctx.Err()
		}
	}
	return err
}

// End flushes, and gives ErrAhead when the target holds more events than were written.
func (w *Writer) End(ctx context.Context) error {
	if w.existing != nil {
		_, err, more := w.existing()
		if err != nil {
			return err
		}
		if more {
			return ErrAhead
		}
		w.existing = nil
	}
	return w.Flush(ctx)
}

func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}
