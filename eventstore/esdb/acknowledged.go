package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// acknowledged is the last position of the log that this store knows for certain: from an append that was acknowledged, or an
// event that a subscription received. A leader that does not have it has lost it: its data were put back to an earlier copy.
type acknowledged struct {
	mu    sync.Mutex
	at    eventstore.Position
	event uuid.UUID
	lost  atomic.Pointer[eventstore.CorruptError] // set once that was seen, while the store is open
}

// saw notes an event of the log.
func (a *acknowledged) saw(at eventstore.Position, event uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if at.Compare(a.at) > 0 {
		a.at, a.event = at, event
	}
}

func (a *acknowledged) last() (eventstore.Position, uuid.UUID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.at, a.event
}

// damage is a *eventstore.CorruptError once the log was found to have lost events; after that nothing is appended or read.
func (a *acknowledged) damage() error {
	if lost := a.lost.Load(); lost != nil {
		return lost
	}
	return nil
}

// isThere asks a newly connected leader for the log's id and the last position known for certain. If the leader
// does not have it, it has lost it, and this error is returned by damage from then on; other errors are *fault.
func (s *Store) isThere(ctx context.Context, n *node) error {
	if err := s.known.damage(); err != nil {
		return err
	}
	at, event := s.known.last()
	if at.IsZero() {
		return nil
	}
	var found []entry
	gather := func(e entry) error { found = append(found, e); return errEnough }
	err := s.read(asLeader(ctx), n, readAllFrom(at, 1), gather)
	var f *fault
	switch {
	case errors.As(err, &f) && f.misplaced():
	case err != nil:
		return err
	case len(found) == 1 && found[0].Position == at && found[0].ID == event:
		return s.sameLog(ctx, n)
	}
	return s.lose(fmt.Sprintf("the log was put back to an earlier state: it lacks event %s, which this process knows at %s", event, at), at)
}

// sameLog checks that a leader still has the log's id.
func (s *Store) sameLog(ctx context.Context, n *node) error {
	id := s.logID.Load()
	if id == nil {
		return nil
	}
	var last []entry
	err := s.read(asLeader(ctx), n, s.readEnd(LogStream), func(e entry) error { last = append(last, e); return nil })
	if err != nil {
		return err
	}
	now, err := idOf(last)
	if err != nil || now == *id || now == uuid.Nil { // without an id, carry on; the next start reports it
		return err
	}
	return s.lose(fmt.Sprintf("the log now has another id, %s, as after a restore", now), eventstore.Position{})
}

// lose ends all work with the log while the store is open: what was lost must not be overwritten.
func (s *Store) lose(reason string, at eventstore.Position) error {
	lost := &eventstore.CorruptError{File: "EventStoreDB", Offset: -1, At: at, Reason: reason + "; restart for instructions"}
	if s.known.lost.CompareAndSwap(nil, lost) {
		s.log.Error("appends and reads have stopped", "error", lost)
	}
	return s.known.damage()
}
