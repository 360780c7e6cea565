package transfer

import (
	"context"
	"iter"

	"accountledger/eventstore"
)

// batchEvents bounds how many events of one stream go into one append.
const batchEvents = 256

// Limits of what is sent at once to an engine that keeps the order of many appends.
const (
	handOverBytes   = 4 << 20
	handOverBatches = 4096
)

// Writer makes a target log hold a history, event by event in the order of the log. What the
// target already holds is compared and skipped, so that an interrupted copy resumes
// where it was; then events are appended. Consecutive events of one stream share an append.
// If the engine keeps the order of appends sent together
// (eventstore.Sequencer) many are; otherwise one at a time, which keeps the order on every engine.
// It recovers from appends with unknown outcome, and from a log that cannot be reached for some seconds.
type Writer struct {
	to     eventstore.Store
	hasher *hasher
	digest Digest

	existing func() (*eventstore.Recorded, error, bool) // in the target; nil once exhausted
	stop     func()

	batch   eventstore.Batch     // being gathered
	size    int                  // of batch
	batches []eventstore.Batch   // not known to be in the target
	waiting int                  // bytes of batches not sent yet
	order   eventstore.Sequencer // nil if the engine is not one
	skip    int64                // how many events the target held at first

	// What the target is known to hold: placed events, and the place of the last.
	placed int64
	at     eventstore.Position
}

// NewWriter starts writing a history to a log. It must be closed.
func NewWriter(ctx context.Context, to eventstore.Store) *Writer {
	w := &Writer{to: to, hasher: newHasher()}
	w.order, _ = to.(eventstore.Sequencer)
	w.existing, w.stop = iter.Pull2(Events(ctx, to))
	return w
}

// Digest is the digest of all events written so far, including those that the target already had.
func (w *Writer) Digest() Digest { return w.digest }

// Resumed is how many events the target already held.
func (w *Writer) Resumed() int64 { return w.skip }

// Close releases the writer; what was not flushed is not written.
func (w *Writer) Close() { w.stop() }

// Write writes the next event of the history: *DifferentError if the target has another in
// its place, otherwise the errors of Sequencer.AppendInOrder.
func (w *Writer) Write(ctx context.Context, e *eventstore.Recorded) error {
	entry := w.hasher.entry(e)
	w.hasher.add(&w.digest, entry)
	if w.existing != nil {
		have, err, more := w.existing()
		switch {
		case err != nil:
			return err
		case more && w.hasher.entry(have) != entry:
			return &DifferentError{Event: w.digest.Events, Stream: have.Stream, Version: have.Version}
		case more:
			w.skip++
			w.placed, w.at = w.placed+1, have.Position
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

// endBatch sends what is gathered, or keeps it to be sent with others.
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

// End flushes, and returns ErrAhead if the target holds more events than were written.
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
