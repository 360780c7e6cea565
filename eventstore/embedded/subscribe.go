package embedded

import (
	"context"
	"sync"

	"accountledger/eventstore"
)

// subscription implements eventstore.Subscription. It keeps only a position, so
// a slow reader costs no memory.
type subscription struct {
	store  *Store
	mu     sync.Mutex // one Next at a time
	at     eventstore.Position
	once   sync.Once
	closed chan struct{}
}

// Subscribe implements eventstore.Store.
func (s *Store) Subscribe(ctx context.Context, from eventstore.Checkpoint) (eventstore.Subscription, error) {
	if err := s.enter(ctx); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := s.verify(from); err != nil {
		return nil, err
	}
	return &subscription{store: s, at: from.Position, closed: make(chan struct{})}, nil
}

// Next implements eventstore.Subscription.
func (s *subscription) Next(ctx context.Context, limit int) (eventstore.Page, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		moved := s.store.moved.wait()
		select {
		case <-s.closed:
			return eventstore.Page{}, eventstore.ErrClosed
		default:
		}
		page, err := s.store.ReadAll(ctx, s.at, limit)
		if err != nil {
			return page, err
		}
		if len(page.Events) > 0 {
			s.at = page.Checkpoint.Position
			return page, nil
		}
		select {
		case <-moved:
		case <-s.closed:
		case <-s.store.closed:
			return eventstore.Page{}, eventstore.ErrClosed
		case <-ctx.Done():
			return eventstore.Page{}, ctx.Err()
		}
	}
}

// Close implements eventstore.Subscription.
func (s *subscription) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
