package esdb_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

// realServer is the variable with the connection string of a real server.
const realServer = "ACCOUNTLEDGER_TEST_ESDB"

// connection is the real server's if there is one, otherwise a test server's.
func connection(tb testing.TB) string {
	tb.Helper()
	if at := os.Getenv(realServer); at != "" {
		return at
	}
	return esdbtest.Start(tb, esdbtest.Options{}).Connection()
}

// open opens a store that is closed when the test ends.
func open(tb testing.TB, opts esdb.Options) *esdb.Store {
	tb.Helper()
	s, err := esdb.Open(opts)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// patience ends a test that waits for something that never comes.
const patience = await.Patience

func context30(tb testing.TB) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	tb.Cleanup(cancel)
	return ctx
}

// newPrefix is the prefix for the test's own ledger on a shared server.
func newPrefix() string { return "test-" + uuid.NewString() + "/" }

func newStream() string { return "esdb-" + uuid.NewString() }

func newEvents(n int) []eventstore.Event {
	events := make([]eventstore.Event, n)
	for i := range events {
		events[i] = eventstore.Event{ID: uuid.New(), Type: "esdb.happened.v1", Data: fmt.Appendf(nil, `{"n":%d}`, i), Metadata: []byte("{}")}
	}
	return events
}

// add appends and fails the test if it cannot.
func add(tb testing.TB, s *esdb.Store, stream string, expected int64, events ...eventstore.Event) eventstore.Appended {
	tb.Helper()
	a, err := s.Append(context30(tb), stream, expected, events...)
	if err != nil {
		tb.Fatalf("append: %v", err)
	}
	return a
}

func readBack(tb testing.TB, s *esdb.Store, stream string) []eventstore.Recorded {
	tb.Helper()
	var all []eventstore.Recorded
	for r, err := range s.ReadStream(context30(tb), stream, eventstore.Forwards, eventstore.Start) {
		if err != nil {
			tb.Fatalf("read: %v", err)
		}
		all = append(all, r)
	}
	return all
}

// stands checks that a stream has exactly these events, and that the append of the last returned its place.
func stands(tb testing.TB, s *esdb.Store, stream string, a eventstore.Appended, events ...eventstore.Event) {
	tb.Helper()
	all := readBack(tb, s, stream)
	if len(all) != len(events) {
		tb.Fatalf("%d events, want %d", len(all), len(events))
	}
	for i, r := range all {
		if r.ID != events[i].ID || r.Version != int64(i) {
			tb.Fatalf("event %d differs", i)
		}
	}
	if last := all[len(all)-1]; last.Position != a.Position || last.Version != a.Version {
		tb.Fatalf("the append returned %+v, the event is at version %d, position %s", a, last.Version, last.Position)
	}
}

func conflicts(tb testing.TB, err error, actual int64) {
	tb.Helper()
	var c *eventstore.ConflictError
	if !errors.As(err, &c) || c.Actual != actual {
		tb.Fatalf("got %v, want a conflict with version %d", err, actual)
	}
}

func subscribe(tb testing.TB, s *esdb.Store, from eventstore.Checkpoint) eventstore.Subscription {
	tb.Helper()
	sub, err := s.Subscribe(context30(tb), from)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = sub.Close() })
	return sub
}

// next reads pages until n events have come; they must be without repeats and in order.
func next(tb testing.TB, sub eventstore.Subscription, n int) ([]eventstore.Recorded, eventstore.Checkpoint) {
	tb.Helper()
	ctx := context30(tb)
	var all []eventstore.Recorded
	var at eventstore.Checkpoint
	for len(all) < n {
		page, err := sub.Next(ctx, n-len(all))
		if err != nil {
			tb.Fatalf("next after %d of %d events: %v", len(all), n, err)
		}
		for _, r := range page.Events {
			if len(all) > 0 && r.Position.Compare(all[len(all)-1].Position) <= 0 {
				tb.Fatal("positions do not increase")
			}
			all = append(all, r)
		}
		at = page.Checkpoint
	}
	return all, at
}

func sameIDs(tb testing.TB, got []eventstore.Recorded, want ...eventstore.Event) {
	tb.Helper()
	if len(got) != len(want) {
		tb.Fatalf("%d events, want %d", len(got), len(want))
	}
	for i := range want {
		if got[i].ID != want[i].ID {
			tb.Fatalf("event %d differs", i)
		}
	}
}

func head(tb testing.TB, s *esdb.Store) eventstore.Checkpoint {
	tb.Helper()
	c, err := s.Head(context30(tb))
	if err != nil {
		tb.Fatal(err)
	}
	return c
}
