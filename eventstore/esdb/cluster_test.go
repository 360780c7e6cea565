package esdb_test

import (
	"bytes"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

// TestLeaderChange changes the leader under a store, which continues as if nothing had happened.
func TestLeaderChange(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	s := open(t, esdb.Options{Connection: c.Connection()})
	sub := subscribe(t, s, eventstore.Checkpoint{})
	stream, events := newStream(), newEvents(12)
	for i := range events {
		c.Elect(i % 3)
		a := add(t, s, stream, int64(i)-1, events[i])
		stands(t, s, stream, a, events[:i+1]...)
	}
	got, _ := next(t, sub, len(events))
	sameIDs(t, got, events...)
	if n := s.Stats().Connections; n < uint64(len(events)) {
		t.Fatalf("%d connections for %d leaders", n, len(events))
	}
}

// TestOneNodeNamed connects only to a follower: it says where the leader is.
func TestOneNodeNamed(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	s := open(t, esdb.Options{Connection: c.ConnectionTo(1)})
	stream, events := newStream(), newEvents(2)
	stands(t, s, stream, add(t, s, stream, eventstore.NoStream, events...), events...)
}

// TestNodeLost takes the leader's node away: the next leader is found.
func TestNodeLost(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	s := open(t, esdb.Options{Connection: c.Connection("discoveryInterval=1")})
	stream, events := newStream(), newEvents(4)
	sub := subscribe(t, s, head(t, s))
	add(t, s, stream, eventstore.NoStream, events[:2]...)
	c.Elect(2)
	c.Node(0).Down()
	stands(t, s, stream, add(t, s, stream, 1, events[2:]...), events...)
	got, _ := next(t, sub, 4)
	sameIDs(t, got, events...)
}

// TestLaggingFollower subscribes at a follower that does not have everything yet. Everything except the
// subscription comes from the leader.
func TestLaggingFollower(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	s := open(t, esdb.Options{Connection: c.Connection("nodePreference=follower")})
	stream, events := newStream(), newEvents(6)
	add(t, s, stream, eventstore.NoStream, events[:2]...)
	c.Node(1).Lag()
	a := add(t, s, stream, 1, events[2:4]...)
	stands(t, s, stream, a, events[:4]...)
	if at := head(t, s); at.Position.Compare(a.Position) < 0 {
		t.Fatalf("the head %s is before what was appended at %s", at.Position, a.Position)
	}
	sub := subscribe(t, s, eventstore.Checkpoint{})
	ahead := subscribe(t, s, head(t, s)) // of what the follower has
	got, _ := next(t, sub, 2)
	sameIDs(t, got, events[:2]...)
	c.Node(1).CatchUp()
	add(t, s, stream, 3, events[4:]...)
	got, _ = next(t, sub, 4)
	sameIDs(t, got, events[2:]...)
	got, _ = next(t, ahead, 2)
	sameIDs(t, got, events[4:]...)
}

// TestDeposedLeader stays with a leader that has been deposed without knowing. It may answer
// a read from what it has, but cannot acknowledge an append, so an append finds the new leader.
func TestDeposedLeader(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	s := open(t, esdb.Options{Connection: c.Connection(), CallTimeout: 3 * short})
	other := open(t, esdb.Options{Connection: c.Connection()})
	stream, events := newStream(), newEvents(3)
	add(t, s, stream, eventstore.NoStream, events[0])
	c.Depose(1)
	add(t, other, stream, 0, events[1])
	if n := len(readBack(t, s, stream)); n != 1 {
		t.Fatalf("the deposed leader returned %d events", n)
	}
	_, err := s.Append(context30(t), stream, 0, events[2])
	conflicts(t, err, 1)
	stands(t, s, stream, add(t, s, stream, 1, events[2]), events...)
}

// TestReadThroughDrops breaks the connection within a read of a stream, both ways.
func TestReadThroughDrops(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream, events := newStream(), newEvents(120)
	for i := range events {
		events[i].Data = bytes.Repeat([]byte{byte(i)}, 40<<10) // more than fits on the way
	}
	for at := 0; at < len(events); at += 10 {
		add(t, s, stream, int64(at)-1, events[at:at+10]...)
	}
	for _, direction := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
		n, from := 0, eventstore.Start
		if direction == eventstore.Backwards {
			from = eventstore.End
		}
		for r, err := range s.ReadStream(context30(t), stream, direction, from) {
			if err != nil {
				t.Fatal(err)
			}
			want := n
			if direction == eventstore.Backwards {
				want = len(events) - 1 - n
			}
			if r.ID != events[want].ID {
				t.Fatalf("event %d differs", n)
			}
			if n++; n%25 == 0 {
				c.DropConnections()
			}
		}
		if n != len(events) {
			t.Fatalf("%d events, want %d", n, len(events))
		}
	}
}
