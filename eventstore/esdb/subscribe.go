package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// Subscribe implements eventstore.Store. The subscription covers the whole log; the server's own
// entries only move the checkpoint. A subscription that breaks is resumed where it was; one
// that is silent while the leader has more is replaced.
func (s *Store) Subscribe(ctx context.Context, from eventstore.Checkpoint) (eventstore.Subscription, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	log, err := s.id(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.verify(ctx, log, from); err != nil {
		return nil, err
	}
	if err := s.begin(ctx, &s.feeds); err != nil {
		return nil, err
	}
	sub := &subscription{buffer: newBuffer(log, from, s.opts.BufferedEvents, s.opts.BufferedBytes)}
	sub.ctx, sub.cancel = context.WithCancel(s.ctx)
	f := &feed{Store: s, reader: s.readers.take(), log: log, buffer: sub.buffer, at: from}
	go func() {
		defer s.feeds.Done()
		defer s.readers.giveBack(f.reader)
		f.run(sub.ctx)
	}()
	return sub, nil
}

// verify checks a checkpoint against the leader's log.
func (s *Store) verify(ctx context.Context, log uuid.UUID, c eventstore.Checkpoint) error {
	if c.IsZero() {
		return nil
	}
	if c.Log != log {
		return foreign(log, c, "it is of another log")
	}
	found, err := s.few(ctx, readAllFrom(c.Position, 1))
	if err == nil && len(found) == 0 {
		return foreign(log, c, "its position is after the end of this log")
	}
	if err != nil {
		return misplaced(log, c, err)
	}
	return matches(log, c, found[0])
}

// matches checks that a checkpoint is at an entry, or at the former place of one of the server's
// own that was scavenged.
func matches(log uuid.UUID, c eventstore.Checkpoint, e entry) error {
	switch {
	case e.Position.Compare(c.Position) < 0:
		return corrupt(e.Position, errNoGrowth)
	case e.Position == c.Position && e.checkpoint(log).Event != c.Event:
		return foreign(log, c, "another event is at its position")
	case e.Position != c.Position && c.Event != uuid.Nil:
		return foreign(log, c, "its event is not in this log")
	}
	return nil
}

// misplaced turns the server's refusal to read from a position into a foreign checkpoint.
func misplaced(log uuid.UUID, c eventstore.Checkpoint, err error) error {
	var f *fault
	if errors.As(err, &f) && f.misplaced() {
		return foreign(log, c, "its position is not one of this log")
	}
	return err
}

func foreign(log uuid.UUID, c eventstore.Checkpoint, reason string) error {
	return &eventstore.ForeignCheckpointError{Checkpoint: c, Log: log, Reason: reason}
}

// subscription implements eventstore.Subscription.
type subscription struct {
	ctx    context.Context // ends with the subscription, or the store
	cancel context.CancelFunc
	buffer *buffer
	mu     sync.Mutex // one Next at a time
}

// Next implements eventstore.Subscription.
func (s *subscription) Next(ctx context.Context, limit int) (eventstore.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if limit < 1 {
		return eventstore.Page{}, fmt.Errorf("%w: the limit is below 1", eventstore.ErrInvalid)
	}
	for {
		if err := ctx.Err(); err != nil {
			return eventstore.Page{}, err
		}
		if s.ctx.Err() != nil {
			return eventstore.Page{}, eventstore.ErrClosed
		}
		page, ok, err := s.buffer.take(limit)
		if ok || err != nil {
			return page, err
		}
		select {
		case <-s.buffer.filled:
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
	}
}

// Close implements eventstore.Subscription.
func (s *subscription) Close() error {
	s.cancel()
	return nil
}
