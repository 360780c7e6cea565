package embedded

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// request is one Append under way. Its records are a copy of the events, so a
// caller that stops waiting may reuse its own memory.
type request struct {
	stream   string
	expected int64
	count    int
	firstID  uuid.UUID
	records  []byte
	hint     hint
	state    atomic.Int32
	outcome  chan outcome // capacity 1
}

// States of a request: moving it out of waiting decides whether it happens.
const (
	waiting = iota
	taken
	withdrawn
	answered
)

type outcome struct {
	appended eventstore.Appended
	err      error
}

func (s *Store) newRequest(stream string, expected int64, events []eventstore.Event) *request {
	r, _ := s.requests.Get().(*request)
	if r == nil {
		r = &request{outcome: make(chan outcome, 1)}
	}
	r.stream, r.expected, r.count, r.firstID = stream, expected, len(events), events[0].ID
	r.records, r.hint = encodeRecords(stream, expected+1, events), hint{}
	r.state.Store(waiting)
	return r
}

// recycle keeps a request for another append. Only successful ones are recycled: nobody
// else refers to them any more.
func (s *Store) recycle(r *request) {
	r.records = nil
	s.requests.Put(r)
}

func (r *request) take() bool     { return r.state.CompareAndSwap(waiting, taken) }
func (r *request) withdraw() bool { return r.state.CompareAndSwap(waiting, withdrawn) }

// answer ends the wait of a taken request; only the first answer counts.
func (r *request) answer(o outcome) {
	if r.state.CompareAndSwap(taken, answered) {
		r.outcome <- o
	}
}

// Append implements eventstore.Store. When ctx ends while the write is under way, the
// error is ErrUnknownOutcome and ctx's: the events may appear a moment later.
func (s *Store) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if err := ctx.Err(); err != nil {
		return eventstore.Appended{}, err
	}
	if err := eventstore.CheckAppend(stream, expected, events); err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.space.check(); err != nil {
		return eventstore.Appended{}, err
	}
	r := s.newRequest(stream, expected, events)
	if err := s.send(ctx, r); err != nil {
		return eventstore.Appended{}, err
	}
	select {
	case o := <-r.outcome:
		if o.err == nil {
			s.recycle(r)
		}
		return o.appended, o.err
	case <-ctx.Done():
	}
	if r.withdraw() {
		return eventstore.Appended{}, ctx.Err()
	}
	select {
	case o := <-r.outcome:
		return o.appended, o.err
	default:
		return eventstore.Appended{}, fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, ctx.Err())
	}
}

// send hands a request to the sequencer, or to a reader if the sequencer would
// have to look up its stream in Pebble.
func (s *Store) send(ctx context.Context, r *request) error {
	generation, known := s.windows.knows(r.stream)
	if known {
		return s.queue.put(r)
	}
	r.hint.generation = generation
	select {
	case s.unknown <- r:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-s.closed:
		return eventstore.ErrClosed
	}
}

// readers is how many streams are looked up at once. The lookups run in goroutines of their own, so
// that a thousand callers do not each need the deep stack of a read.
const readers = 8

// lookAhead finds the last versions of streams that the sequencer does not have in memory.
func (s *Store) lookAhead() {
	defer s.idle.Done()
	for {
		select {
		case r := <-s.unknown:
			if err := s.lookUp(r); err != nil {
				r.take() // unless its caller left
				r.answer(outcome{err: err})
			}
		case <-s.closed:
			return
		}
	}
}

func (s *Store) lookUp(r *request) error {
	if err := s.queue.refusal(); err != nil {
		return err
	}
	t, err := s.readTail(r.stream)
	if err != nil {
		return err
	}
	r.hint.tail = t
	return s.queue.put(r)
}
