package embedded

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// request is one Append on its way. Its records are a copy of the events, so a
// caller who stops waiting may use its own memory again.
type request struct {
	stream   string
	expected int64
	count    int
	firstID  uuid.UUID
	records  []byte
	hint     hint
	state    atomic.Int32
	outcome  chan outcome // holds one
}

// States of a request: whoever moves it from waiting decides whether it happens.
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

func newRequest(stream string, expected int64, events []eventstore.Event) *request {
	return &request{
		stream: stream, expected: expected, count: len(events), firstID: events[0].ID,
		records: encodeRecords(stream, expected+1, events),
		outcome: make(chan outcome, 1),
	}
}

func (r *request) take() bool     { return r.state.CompareAndSwap(waiting, taken) }
func (r *request) withdraw() bool { return r.state.CompareAndSwap(waiting, withdrawn) }

// answer ends the wait of a request that was taken; only the first answer counts.
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
	r := newRequest(stream, expected, events)
	if err := s.lookAhead(ctx, r); err != nil {
		return eventstore.Appended{}, err
	}
	if err := s.queue.put(r); err != nil {
		return eventstore.Appended{}, err
	}
	select {
	case o := <-r.outcome:
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

// lookAhead finds the last version of a stream that the sequencer has not in
// memory, so that many callers read at once what the sequencer would read one by one.
func (s *Store) lookAhead(ctx context.Context, r *request) error {
	generation, known := s.streams.knows(r.stream)
	if known {
		return nil
	}
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	tail, err := s.readTail(r.stream)
	if err != nil {
		return err
	}
	r.hint = hint{tail: tail, generation: generation}
	return nil
}
