package esdb_test

import (
	"errors"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

// TestPutBackUnderAStore puts the server's data back to an earlier copy, with or without other events in the places of the lost ones:
// the store stops instead of continuing from what is left.
func TestPutBackUnderAStore(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]func(c *esdbtest.Cluster){
		"shorter":                   func(*esdbtest.Cluster) {},
		"others in the same places": func(c *esdbtest.Cluster) { c.AddSystemEntries(200) },
	} {
		for _, subscribed := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				c := esdbtest.Start(t, esdbtest.Options{})
				s := open(t, esdb.Options{Connection: c.Connection()})
				stream := newStream()
				add(t, s, stream, eventstore.NoStream, newEvents(3)...)
				var sub eventstore.Subscription
				if subscribed {
					sub = subscribe(t, s, eventstore.Checkpoint{})
					next(t, sub, 3)
				}
				yesterday := c.Snapshot()
				add(t, s, stream, 2, newEvents(2)...)
				if subscribed {
					next(t, sub, 2)
				}
				c.PutBack(yesterday)
				after(c)
				var lost *eventstore.CorruptError
				await.Until(t, "it is seen", func() bool {
					_, err := s.Append(context30(t), stream, 4, newEvents(1)...)
					if err == nil {
						t.Fatal("an append succeeded")
					}
					return errors.As(err, &lost)
				})
				if err := s.Health(); !errors.As(err, &lost) {
					t.Errorf("healthy: %v", err)
				}
				for _, err := range s.ReadStream(context30(t), stream, eventstore.Forwards, 0) {
					if !errors.As(err, &lost) {
						t.Errorf("read: %v", err)
					}
				}
				if _, err := s.Head(context30(t)); !errors.As(err, &lost) {
					t.Errorf("head: %v", err)
				}
				if subscribed {
					if _, err := sub.Next(context30(t), 10); !errors.As(err, &lost) {
						t.Errorf("subscription: %v", err)
					}
				}
				fresh := open(t, esdb.Options{Connection: c.Connection()})
				if n := len(readBack(t, fresh, stream)); n != 3 {
					t.Errorf("%d events are left", n)
				}
			})
		}
	}
}

// TestReconnectedToTheSameLog goes on after every kind of break.
func TestReconnectedToTheSameLog(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream := newStream()
	for i := range 6 {
		add(t, s, stream, int64(i)-1, newEvents(1)...)
		c.DropConnections()
		c.Elect(i % 3)
		c.AddSystemEntries(3)
		c.Scavenge()
	}
	if n := len(readBack(t, s, stream)); n != 6 {
		t.Errorf("%d events", n)
	}
}
