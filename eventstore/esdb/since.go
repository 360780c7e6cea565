package esdb

import (
	"context"
	"errors"
	"iter"

	"google.golang.org/grpc/codes"

	"accountledger/eventstore"
)

var _ eventstore.Confirmer = (*Store)(nil)

// ReadStreamSince implements eventstore.Confirmer. The node that acknowledged an append at or after the position is
// asked over the same connection; any other must first show that it has the event, and is given up if it cannot.
func (s *Store) ReadStreamSince(ctx context.Context, since eventstore.Position, stream string, from int64) iter.Seq2[eventstore.Recorded, error] {
	return s.readStream(ctx, since, stream, eventstore.Forwards, from)
}

// upTo checks that a node has everything up to a position.
func (s *Store) upTo(ctx context.Context, n *node, at eventstore.Position) error {
	if at.Commit() <= n.reached.Load() {
		return nil
	}
	there := false
	err := s.read(asLeader(ctx), n, readAllFrom(at, 1), func(e entry) error {
		there = e.Position == at
		return errEnough
	})
	var f *fault
	if errors.As(err, &f) && f.misplaced() {
		err = nil // as far as it knows, no entry begins there
	}
	if err == nil && !there {
		return &fault{code: codes.Unavailable}
	}
	if err == nil {
		n.reach(at)
	}
	return err
}

// reach records that the node has everything up to a position.
func (n *node) reach(at eventstore.Position) {
	for {
		before := n.reached.Load()
		if at.Commit() <= before || n.reached.CompareAndSwap(before, at.Commit()) {
			return
		}
	}
}
