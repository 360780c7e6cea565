package esdb

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// denial is the last append, when the server refused it for want of a right.
type denial struct {
	stream string
	fault  *fault
}

const (
	// triedEvery is how often the watch asks whether what was denied is allowed by now.
	triedEvery = time.Second
	// noRevision is one that no stream is at: an append that expects it appends nothing, and is told whether it would be allowed.
	noRevision = math.MaxInt64 / 2
	triedType  = "accountledger.append_tried.v1"
)

// noteRight keeps what the server says of the right to append.
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

// tryRight asks again for the right that was denied: while a process is not ready, nobody else would.
func (s *Store) tryRight(ctx context.Context, n *node) {
	d := s.denied.Load()
	if d == nil {
		return
	}
	a := &appending{Store: s, stream: d.stream, expected: noRevision, events: []eventstore.Event{{ID: uuid.New(), Type: triedType}}}
	_, err := a.send(ctx, n)
	s.blame(ctx, s.leader, n, err)
}
