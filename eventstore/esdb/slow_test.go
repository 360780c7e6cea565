package esdb_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

// TestSlowNode: everything works with latency, and an append or a read takes one round trip.
func TestSlowNode(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{100 * time.Millisecond, 300 * time.Millisecond, 1200 * time.Millisecond} {
		t.Run(latency.String(), func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{Proxied: true})
			var logged lines
			s := open(t, esdb.Options{Connection: c.Connection(), Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			from := head(t, open(t, esdb.Options{Connection: c.Connection()}))
			c.Node(0).Network().Delay(latency/2, latency-latency/2)
			stream, events := newStream(), newEvents(2)
			sub := subscribe(t, s, from)
			add(t, s, stream, eventstore.NoStream, events[0])
			next(t, sub, 1)
			timed := func(what string, do func()) {
				t.Helper()
				begun := time.Now()
				do()
				if took := time.Since(begun); took < latency || latency > time.Second && took > 2*latency {
					t.Errorf("%s took %s", what, took)
				}
			}
			var a eventstore.Appended
			timed("an append", func() { a = add(t, s, stream, 0, events[1]) })
			timed("a read", func() { stands(t, s, stream, a, events...) })
			got, _ := next(t, sub, 1)
			sameIDs(t, got, events[1:]...)
			if latency < 250*time.Millisecond {
				return
			}
			await.Until(t, "a warning", func() bool { return strings.Contains(logged.String(), "EventStoreDB answers slowly") })
			if !strings.Contains(logged.String(), "latency=") {
				t.Errorf("no latency in\n%s", logged.String())
			}
		})
	}
}

// lines are what was logged.
type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

// Write implements io.Writer.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(b)
}

// String is all of it.
func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}
