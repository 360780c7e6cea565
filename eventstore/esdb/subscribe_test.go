package esdb_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

// TestSubscriptionDrops breaks subscriptions in every way while events arrive.
func TestSubscriptionDrops(t *testing.T) {
	t.Parallel()
	for name, drop := range map[string]func(*esdbtest.Cluster){
		"subscription": (*esdbtest.Cluster).DropSubscriptions,
		"connection":   (*esdbtest.Cluster).DropConnections,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{SystemEvery: 2})
			s := open(t, esdb.Options{Connection: c.Connection()})
			stream, events := newStream(), newEvents(60)
			sub := subscribe(t, s, head(t, s))
			var got []eventstore.Recorded
			for at := 0; at < len(events); at += 10 {
				add(t, s, stream, int64(at)-1, events[at:at+10]...)
				more, _ := next(t, sub, 5)
				got = append(got, more...)
				drop(c)
			}
			more, _ := next(t, sub, 30)
			sameIDs(t, append(got, more...), events...)
			await.Until(t, "a resumption is counted", func() bool { return s.Stats().Resumes > 0 })
		})
	}
}

// TestSilentSubscription has the server silently forget a subscription.
func TestSilentSubscription(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection(), Silence: 20 * time.Millisecond})
	stream, events := newStream(), newEvents(4)
	sub := subscribe(t, s, head(t, s))
	add(t, s, stream, eventstore.NoStream, events[:2]...)
	got, _ := next(t, sub, 2)
	c.MuteSubscriptions()
	add(t, s, stream, 1, events[2:]...)
	more, _ := next(t, sub, 2)
	sameIDs(t, append(got, more...), events...)
	if s.Stats().Renewals == 0 {
		t.Fatal("the renewal was not counted")
	}
}

// TestNoGrowth refuses an event whose position is not after the one before it.
func TestNoGrowth(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream, events := newStream(), newEvents(2)
	sub := subscribe(t, s, head(t, s))
	c.RepeatEvent()
	add(t, s, stream, eventstore.NoStream, events...)
	got, _ := next(t, sub, 1)
	sameIDs(t, got, events[0])
	_, err := sub.Next(context30(t), 10)
	var corrupt *eventstore.CorruptError
	if !errors.As(err, &corrupt) || corrupt.At != got[0].Position {
		t.Fatalf("got %v", err)
	}
}

// TestEntriesOfTheServer: they are skipped, while checkpoints move.
func TestEntriesOfTheServer(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	s := open(t, esdb.Options{Connection: c.Connection()})
	before := head(t, s)
	sub := subscribe(t, s, before)
	c.AddSystemEntries(200)
	after := head(t, s)
	if after.Position.Compare(before.Position) <= 0 || after.Event != uuid.Nil {
		t.Fatalf("the head went from %s to %+v", before.Position, after)
	}
	for at := before; at != after; {
		page, err := sub.Next(context30(t), 10)
		if err != nil || len(page.Events) > 0 || page.Checkpoint.Position.Compare(at.Position) <= 0 {
			t.Fatalf("page %+v, %v", page, err)
		}
		at = page.Checkpoint
	}
	// One event after many entries is found with a limit of one.
	event := newEvents(1)[0]
	add(t, s, newStream(), eventstore.NoStream, event)
	page, err := s.ReadAll(context30(t), before.Position, 1)
	if err != nil {
		t.Fatal(err)
	}
	sameIDs(t, page.Events, event)
	n, unit, err := s.Distance(context30(t), before.Position, page.Checkpoint.Position)
	if err != nil || unit != eventstore.UnitBytes || n < 200 {
		t.Fatalf("%d %s, %v", n, unit, err)
	}
}

// TestScavengedCheckpoint resumes from a checkpoint whose entry is gone. Servers leave out
// the entry after it, the adapter does not.
func TestScavengedCheckpoint(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	s := open(t, esdb.Options{Connection: c.Connection()})
	if _, err := s.LogID(context30(t)); err != nil {
		t.Fatal(err)
	}
	c.AddSystemEntries(2)
	at, stream, events := head(t, s), newStream(), newEvents(4)
	add(t, s, stream, eventstore.NoStream, events[:3]...)
	c.Scavenge()
	sub := subscribe(t, s, at)
	got, _ := next(t, sub, 3)
	sameIDs(t, got, events[:3]...)
	page, err := s.ReadAll(context30(t), at.Position, 10)
	if err != nil {
		t.Fatal(err)
	}
	sameIDs(t, page.Events, events[:3]...)

	// The same within a subscription that breaks there.
	c.AddSystemEntries(1)
	entry := head(t, s)
	for last := got[2].Position; last != entry.Position; {
		page, err := sub.Next(context30(t), 10)
		if err != nil {
			t.Fatal(err)
		}
		last = page.Checkpoint.Position
	}
	c.MuteSubscriptions()
	add(t, s, stream, 2, events[3])
	c.Scavenge()
	c.DropSubscriptions()
	got, _ = next(t, sub, 1)
	sameIDs(t, got, events[3])
}

// TestForeignPositions are positions without an event.
func TestForeignPositions(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	add(t, s, newStream(), eventstore.NoStream, newEvents(3)...)
	good := head(t, s)
	at := good.Position.Commit()
	for name, p := range map[string]eventstore.Position{
		"after the end":   eventstore.NewPosition(at+1, at+1),
		"within a record": eventstore.NewPosition(at-1, at-1),
	} {
		t.Run(name, func(t *testing.T) {
			bad := good
			bad.Position = p
			_, err := s.Subscribe(context30(t), bad)
			var foreign *eventstore.ForeignCheckpointError
			if !errors.As(err, &foreign) || foreign.Log != good.Log {
				t.Fatalf("got %v", err)
			}
			if _, err := s.ReadAll(context30(t), p, 1); !errors.Is(err, eventstore.ErrInvalid) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// TestSlowReader stops reading while the server has far more than a subscription may hold.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	const n, size = 300, 48 << 10
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	s := open(t, esdb.Options{Connection: c.Connection(), BufferedBytes: 512 << 10, Silence: 5 * time.Millisecond})
	stream, events := newStream(), newEvents(n)
	sub := subscribe(t, s, head(t, s))
	for batch := range slices.Chunk(events, 10) {
		for i := range batch {
			batch[i].Data = bytes.Repeat([]byte("x"), size)
		}
	}
	for at := 0; at < n; at += 10 {
		add(t, s, stream, int64(at)-1, events[at:at+10]...)
	}
	// It stops, blocked only by the reader.
	var last uint64
	same := 0
	await.Until(t, "the server waits for the reader", func() bool {
		if sent := c.Sent(); sent == last && sent > 0 && c.Sending() == 1 {
			same++
		} else {
			last, same = sent, 0
		}
		return same == 50
	})
	if held := last * size; held > 4<<20 {
		t.Fatalf("%d bytes are in transit to a reader that does not read", held)
	}
	// The reader is silent, not the server, so nothing is replaced during many rounds of the watch.
	renewals, looks := s.Stats().Renewals, 0
	await.Until(t, "some turns of the watch", func() bool { looks++; return looks == 50 })
	if s.Stats().Renewals != renewals {
		t.Fatal("a subscription was taken for silent because its reader was slow")
	}
	got, _ := next(t, sub, n)
	sameIDs(t, got, events...)
}

// TestManySubscriptions has more subscriptions than a connection takes calls. The log stays usable, and all
// of them get everything.
func TestManySubscriptions(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	from := head(t, s)
	subs := make([]eventstore.Subscription, 120)
	for i := range subs {
		subs[i] = subscribe(t, s, from)
	}
	event := newEvents(1)[0]
	add(t, s, newStream(), eventstore.NoStream, event)
	for _, sub := range subs {
		got, _ := next(t, sub, 1)
		sameIDs(t, got, event)
	}
}

// TestCloseFrees closes a store in the middle of everything.
func TestCloseFrees(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s, err := esdb.Open(esdb.Options{Connection: c.Connection()})
	if err != nil {
		t.Fatal(err)
	}
	stream := newStream()
	add(t, s, stream, eventstore.NoStream, newEvents(3)...)
	sub := subscribe(t, s, eventstore.Checkpoint{})
	c.FailAppends(esdbtest.Delay)
	result := make(chan error, 1)
	go func() {
		_, err := s.Append(context.Background(), stream, 2, newEvents(1)...)
		result <- err
	}()
	await.Until(t, "the append has arrived", func() bool { return c.Delayed() == 1 })
	for _, err := range s.ReadStream(context30(t), stream, eventstore.Forwards, 0) {
		if err != nil {
			t.Fatal(err)
		}
		c.Release()
		if err := s.Close(); err != nil { // within the loop
			t.Fatal(err)
		}
		break
	}
	if err := <-result; err != nil {
		t.Fatalf("the append under way: %v", err)
	}
	if _, err := sub.Next(context30(t), 1); !errors.Is(err, eventstore.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}
