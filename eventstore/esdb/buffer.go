package esdb

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// buffer sits between the connection and the reader of a subscription, so that a page
// can be returned without waiting for the server. When it is full, nothing more is read from the
// connection, and the server stops sending.
type buffer struct {
	log                 uuid.UUID
	maxEvents, maxBytes int

	mu     sync.Mutex
	events []eventstore.Recorded
	bytes  int
	tail   eventstore.Checkpoint // the last entry put in, the ledger's or not
	given  eventstore.Position   // the last position the reader was given
	err    error

	filled, drained chan struct{} // capacity 1: check again
}

func newBuffer(log uuid.UUID, from eventstore.Checkpoint, maxEvents, maxBytes int) *buffer {
	return &buffer{
		log: log, maxEvents: maxEvents, maxBytes: maxBytes, tail: from, given: from.Position,
		filled: make(chan struct{}, 1), drained: make(chan struct{}, 1),
	}
}

func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// put adds an entry; if it is the ledger's, it waits for room. The error is ctx's.
func (b *buffer) put(ctx context.Context, e entry) error {
	for !b.tryPut(e) {
		select {
		case <-b.drained:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	wake(b.filled)
	return nil
}

func (b *buffer) tryPut(e entry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !e.foreign {
		if n := len(b.events); n > 0 && (n >= b.maxEvents || b.bytes+e.size() > b.maxBytes) {
			return false
		}
		b.events = append(b.events, e.Recorded)
		b.bytes += e.size()
	}
	b.tail = e.checkpoint(b.log)
	return true
}

// reached is the position of the last entry put in.
func (b *buffer) reached() eventstore.Position {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.tail.Position
}

// fail ends the subscription once the buffer is drained.
func (b *buffer) fail(err error) {
	b.mu.Lock()
	b.err = err
	b.mu.Unlock()
	wake(b.filled)
}

// take returns the next page, if there is one. The error is fail's.
func (b *buffer) take(limit int) (page eventstore.Page, ok bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(limit, len(b.events))
	switch {
	case n < len(b.events):
		last := &b.events[n-1]
		page.Checkpoint = eventstore.Checkpoint{Log: b.log, Position: last.Position, Event: last.ID}
	case b.tail.Position != b.given:
		page.Checkpoint = b.tail
	default:
		return page, false, b.err
	}
	page.Events = b.events[:n:n]
	for i := range page.Events {
		b.bytes -= (&entry{Recorded: page.Events[i]}).size()
	}
	if b.events = b.events[n:]; len(b.events) == 0 {
		b.events = nil
	}
	b.given = page.Checkpoint.Position
	wake(b.drained)
	return page, true, nil
}
