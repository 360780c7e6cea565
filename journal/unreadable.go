package journal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"accountledger/domain"
	"accountledger/eventstore"
)

// UnreadableEventError: an event stands in one of the ledger's streams that no ledger wrote, or whose bytes are damaged. Nothing is
// decided on its stream and consumers wait before it, until an operator lets every reader go on past it: domain.EventSkipped
// without a view. What a newer program wrote is a *UnknownTypeError instead.
type UnreadableEventError struct {
	Event    domain.EventID
	Stream   string
	Version  int64
	Position Position
	Reason   string
	err      error // may quote what the event holds
}

func (e *UnreadableEventError) Error() string {
	return fmt.Sprintf("event %s, %s version %d at %s, cannot be read: %s", e.Event, e.Stream, e.Version, e.Position, e.Reason)
}

// Unwrap gives what is wrong with its bytes, which may quote them.
func (e *UnreadableEventError) Unwrap() error { return e.err }

func unreadable(stored *eventstore.Recorded, reason string, err error) error {
	return &UnreadableEventError{Event: domain.EventID{UUID: stored.ID}, Stream: stored.Stream, Version: stored.Version, Position: stored.Position,
		Reason: reason, err: err}
}

// passedOver knows the events that operators let every reader go on past. It reads the operators' stream as the leader has it, on
// from where it was, whenever an event cannot be read, and never otherwise.
type passedOver struct {
	mu   sync.Mutex
	next int64 // version of the operators' stream to read from
	has  map[domain.EventID]bool
}

// Passes is nil when readers are to go on past the event that an error of Decode is about, else that error, or the log's.
func (j *Journal) Passes(ctx context.Context, err error) error {
	var e *UnreadableEventError
	if !errors.As(err, &e) {
		return err
	}
	p := &j.passed
	p.mu.Lock()
	defer p.mu.Unlock()
	for stored, err := range j.store.ReadStream(ctx, domain.OperationsStream, eventstore.Forwards, p.next) {
		if err != nil {
			return err
		}
		p.next = stored.Version + 1
		rec, err := j.decode(stored)
		if err != nil {
			continue // of a newer program, or itself unreadable: it lets nothing pass
		}
		if skip, ok := rec.Event.(domain.EventSkipped); ok && skip.View == "" {
			if p.has == nil {
				p.has = map[domain.EventID]bool{}
			}
			p.has[skip.Event] = true
		}
	}
	if p.has[e.Event] {
		return nil
	}
	return err
}

// over is a passed event in its stream: only its place counts.
func over(stored *eventstore.Recorded, at time.Time) Record {
	fact := domain.Fact{ID: domain.EventID{UUID: stored.ID}, Stream: stored.Stream, Version: stored.Version, Event: domain.PassedOver{}}
	fact.At = at
	return Record{Fact: fact, Position: stored.Position}
}
