package esdb

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"

	"accountledger/eventstore"
)

// ReadStream implements eventstore.Store. The leader sends as fast as the reader takes, and the reader may
// append to the same stream meanwhile. When the connection breaks or the leader changes, the read resumes
// after what was already yielded. A missing version is an *eventstore.CorruptError.
func (s *Store) ReadStream(ctx context.Context, stream string, direction eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	return s.readStream(ctx, eventstore.Position{}, stream, direction, from)
}

func (s *Store) readStream(ctx context.Context, since eventstore.Position, stream string, direction eventstore.Direction,
	from int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		if err := s.checkRead(ctx, stream, direction, from); err != nil {
			yield(eventstore.Recorded{}, err)
			return
		}
		r := &streamReader{Store: s, since: since, stream: stream, direction: direction, next: from, yield: yield}
		if err := r.run(ctx); err != nil && !r.stopped {
			yield(eventstore.Recorded{}, err)
		}
	}
}

func (s *Store) checkRead(ctx context.Context, stream string, direction eventstore.Direction, from int64) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	if err := eventstore.CheckName("stream", stream); err != nil {
		return err
	}
	switch {
	case !s.named(stream):
		return errReserved
	case direction != eventstore.Forwards && direction != eventstore.Backwards:
		return fmt.Errorf("%w: unknown direction", eventstore.ErrInvalid)
	case from < eventstore.End:
		return fmt.Errorf("%w: the version to read from is below %d", eventstore.ErrInvalid, eventstore.End)
	case from == eventstore.End && direction == eventstore.Forwards:
		return fmt.Errorf("%w: a stream is read from its end only backwards", eventstore.ErrInvalid)
	}
	return nil
}

// streamReader is a read of a stream under way.
type streamReader struct {
	*Store
	since     eventstore.Position // what the node must have
	stream    string
	direction eventstore.Direction
	next      int64 // the version to read next, or eventstore.End
	begun     bool  // next is exact: an event has been read
	stopped   bool  // the caller wants no more
	yield     func(eventstore.Recorded, error) bool
}

func (r *streamReader) run(ctx context.Context) error {
	var progress int64
	for {
		before := progress
		err := r.ask(ctx, r.leader, func(ctx context.Context, n *node) error {
			if r.done() {
				return nil
			}
			if err := r.upTo(ctx, n, r.since); err != nil {
				return err
			}
			at := r.next
			err := r.read(asLeader(ctx), n, r.readStreamFrom(r.stream, r.direction, at, math.MaxInt64), r.take)
			if r.next != at {
				progress++
			}
			return err
		})
		var f *fault
		switch {
		case err == nil && r.direction == eventstore.Backwards && r.begun && !r.done() && !r.stopped:
			return r.cut(r.stream, eventstore.Position{}, fmt.Sprintf("versions 0 to %d are missing", r.next))
		case errors.As(err, &f) && f.kind == kindStreamDeleted:
			return r.cut(r.stream, eventstore.Position{}, "it was deleted permanently")
		case err == nil || !errors.As(err, &f) || !f.passing() || progress == before:
			return err
		}
	}
}

// done reports whether the beginning of the stream was reached.
func (r *streamReader) done() bool {
	return r.direction == eventstore.Backwards && r.begun && r.next < 0
}

// gap is the error for a stream that continues with the wrong version.
func (r *streamReader) gap(due int64, e entry) error {
	first, last := due, e.Version-1
	if r.direction == eventstore.Backwards {
		first, last = e.Version+1, due
	}
	if e.Stream != r.stream || first > last {
		return corrupt(e.Position, "the server answers with events that were not requested")
	}
	return r.cut(r.stream, e.Position, fmt.Sprintf("versions %d to %d are missing", first, last))
}

func (r *streamReader) take(e entry) error {
	due := r.next
	if r.direction == eventstore.Backwards && !r.begun && (due == eventstore.End || e.Version < due) {
		due = e.Version // the stream ends here
	}
	if e.Version != due || e.Stream != r.stream {
		return r.gap(due, e)
	}
	if r.next = e.Version + 1; r.direction == eventstore.Backwards {
		r.next = e.Version - 1
	}
	r.begun = true
	if !r.yield(e.Recorded, nil) {
		r.stopped = true
		return errEnough
	}
	return nil
}
