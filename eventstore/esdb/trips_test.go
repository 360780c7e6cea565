package esdb_test

import (
	"maps"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

// TestTrips counts the calls at the server: each request is one, apart from the watch's looks at the fence.
func TestTrips(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	first := add(t, s, newStream(), eventstore.NoStream, newEvents(1)...)
	head(t, s) // which finds the log's id
	stream, events := newStream(), newEvents(2)
	counted := func(name string, want map[string]int, do func()) {
		t.Helper()
		before := c.Calls()
		do()
		after := c.Calls()
		maps.DeleteFunc(after, func(what string, n int) bool {
			return what == "read "+esdb.DefaultPrefix+esdb.FenceStream || n == before[what]
		})
		for what := range after {
			after[what] -= before[what]
		}
		if !maps.Equal(after, want) {
			t.Errorf("%s costs %v, want %v", name, after, want)
		}
	}
	counted("Append", map[string]int{"append " + esdb.DefaultPrefix + stream: 1}, func() { add(t, s, stream, eventstore.NoStream, events[0]) })
	counted("ReadStream", map[string]int{"read " + esdb.DefaultPrefix + stream: 1}, func() { readBack(t, s, stream) })
	counted("ReadStreamSince", map[string]int{"read " + esdb.DefaultPrefix + stream: 1}, func() {
		if _, err := readSince(t, s, first.Position, stream); err != nil {
			t.Error(err)
		}
	})
	counted("Head", map[string]int{"read $all": 1}, func() { head(t, s) })
	counted("ReadAll", map[string]int{"read $all": 1}, func() {
		if _, err := s.ReadAll(context30(t), first.Position, 10); err != nil {
			t.Error(err)
		}
	})
	counted("Append after a while", map[string]int{"append " + esdb.DefaultPrefix + stream: 1}, func() { add(t, s, stream, 0, events[1]) })
}
