package esdb

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// denial is the last append, if the server refused it for lack of a right.
type denial struct {
	stream string
	fault  *fault
}

const (
	// triedEvery is how often the watch checks whether what was denied is now allowed.
	triedEvery = time.Second
	// noRevision is a revision that no stream reaches: an append expecting it appends nothing, but shows whether appending is allowed.
	noRevision = math.MaxInt64 / 2
	triedType  = "accountledger.append_tried.v1"
)

// noteRight records what the server says about the right to append.
func (a *appending) noteRight(err error) {
	var denied *eventstore.DeniedError
	f, known := faultOf(err)
	switch {
	case known && errors.As(f, &denied):
		a.denied.Store(&denial{a.stream, f})
	case a.denied.Load() != nil && (err == nil || known && f.refused() && f.kind != kindNotLeader):
		a.denied.Store(nil)
	}
}

// tryRight tests a denied right again: while the process is not ready, nothing else would.
func (s *Store) tryRight(ctx context.Context, n *node) {
	d := s.denied.Load()
	if d == nil {
		return
	}
	a := &appending{Store: s, stream: d.stream, expected: noRevision, events: []eventstore.Event{{ID: uuid.New(), Type: triedType}}}
	_, err := a.send(ctx, n)
	s.blame(ctx, s.leader, n, err)
}
