package esdb_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

func readSince(tb testing.TB, s *esdb.Store, since eventstore.Position, stream string) ([]eventstore.Recorded, error) {
	tb.Helper()
	var all []eventstore.Recorded
	for r, err := range s.ReadStreamSince(context30(tb), since, stream, eventstore.Start) {
		if err != nil {
			return all, err
		}
		all = append(all, r)
	}
	return all, nil
}

// TestReadSince runs on the real server if there is one: from the connection that took the append, from another
// one, and from a position without an event.
func TestReadSince(t *testing.T) {
	t.Parallel()
	server := connection(t)
	opts := esdb.Options{Connection: server, Prefix: newPrefix(), CallTimeout: time.Second}
	s, other := open(t, opts), open(t, opts)
	stream, events := newStream(), newEvents(3)
	add(t, s, stream, eventstore.NoStream, events...)
	at := add(t, s, newStream(), eventstore.NoStream, newEvents(1)...).Position
	for name, from := range map[string]*esdb.Store{"same": s, "other": other} {
		got, err := readSince(t, from, at, stream)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		sameIDs(t, got, events...)
		if got, err := readSince(t, from, at, newStream()); err != nil || len(got) > 0 {
			t.Fatalf("%s: %d events of no stream, %v", name, len(got), err)
		}
	}
	for _, err := range s.ReadStreamSince(context30(t), at, esdb.FenceStream, 0) {
		if !errors.Is(err, eventstore.ErrInvalid) {
			t.Fatalf("got %v", err)
		}
	}
	far := eventstore.NewPosition(1<<62, 1<<62)
	if _, err := readSince(t, s, far, stream); !errors.Is(err, eventstore.ErrUnavailable) {
		t.Fatalf("got %v", err)
	}
}

// TestReadSinceDeposed starts with a leader that was deposed without knowing; the read moves to a node that has the event.
func TestReadSinceDeposed(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	s, other := open(t, esdb.Options{Connection: c.Connection()}), open(t, esdb.Options{Connection: c.Connection()})
	stream, events := newStream(), newEvents(2)
	add(t, s, stream, eventstore.NoStream, events[0])
	before := add(t, s, newStream(), eventstore.NoStream, newEvents(1)...)
	c.Depose(1)
	add(t, other, stream, 0, events[1])
	after := add(t, other, newStream(), eventstore.NoStream, newEvents(1)...)
	sameIDs(t, readBack(t, s, stream), events[0])
	got, err := readSince(t, s, before.Position, stream)
	if err != nil {
		t.Fatal(err)
	}
	sameIDs(t, got, events[0])
	if got, err = readSince(t, s, after.Position, stream); err != nil {
		t.Fatal(err)
	}
	sameIDs(t, got, events...)
}
