package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"accountledger/eventstore"
)

// model is the expected log: appends one after another.
type model struct {
	streams map[string][][]eventstore.Event // the appends of each stream
	log     []eventstore.Recorded
}

func newModel() *model { return &model{streams: make(map[string][][]eventstore.Event)} }

func (m *model) events(stream string) []eventstore.Event { return slices.Concat(m.streams[stream]...) }

func (m *model) last(stream string) int64 { return int64(len(m.events(stream))) - 1 }

// append does what the log should do; the error is nil or a conflict.
func (m *model) append(stream string, expected int64, events []eventstore.Event) (version int64, err error) {
	last := m.last(stream)
	if expected == last {
		for i, e := range events {
			m.log = append(m.log, eventstore.Recorded{Event: e, Stream: stream, Version: last + 1 + int64(i)})
		}
		m.streams[stream] = append(m.streams[stream], events)
		return m.last(stream), nil
	}
	first := int64(0)
	for _, before := range m.streams[stream] {
		if first == expected+1 && slices.EqualFunc(before, events, func(a, b eventstore.Event) bool { return a.ID == b.ID }) {
			return expected + int64(len(events)), nil
		}
		first += int64(len(before))
	}
	return 0, &eventstore.ConflictError{Stream: stream, Expected: expected, Actual: last}
}

// modelRandom does random things to a few streams and compares with the model.
func modelRandom(t *testing.T, f *fixture) {
	rapid.Check(t, func(r *rapid.T) {
		m, streams, before := newModel(), newStreams(3), f.head(t)
		steps := rapid.IntRange(1, 12).Draw(r, "steps")
		for range steps {
			stream := rapid.SampledFrom(streams).Draw(r, "stream")
			switch rapid.IntRange(0, 9).Draw(r, "what") {
			case 0, 1, 2, 3, 4, 5:
				appendOne(r, f, m, stream)
			case 6, 7:
				repeatOne(r, f, m, stream)
			case 8:
				readSome(t, r, f, m, stream)
			default:
				subscribeSome(t, r, f, m, streams, before)
			}
		}
		sameLog(t, m.log, f.all(t, before.Position, rapid.IntRange(1, 40).Draw(r, "limit"), oneOf(streams)))
		for _, stream := range streams {
			same(t, stream, 0, m.events(stream), f.read(t, stream, eventstore.Forwards, eventstore.Start))
		}
	})
}

func appendOne(r *rapid.T, f *fixture, m *model, stream string) {
	expected := m.last(stream)
	if rapid.IntRange(0, 4).Draw(r, "wrong") == 0 {
		expected = rapid.Int64Range(eventstore.NoStream, expected+2).Draw(r, "expected")
	}
	events := newEvents(rapid.IntRange(1, 4).Draw(r, "count"))
	for i := range events {
		events[i].Data = rapid.SliceOfN(rapid.Byte(), 0, 60).Draw(r, "data")
	}
	compareAppend(r, f, m, stream, expected, events)
}

// repeatOne repeats an earlier append, or something close to it.
func repeatOne(r *rapid.T, f *fixture, m *model, stream string) {
	appends := m.streams[stream]
	if len(appends) == 0 {
		return
	}
	n := rapid.IntRange(0, len(appends)-1).Draw(r, "which")
	expected := int64(len(slices.Concat(appends[:n]...))) - 1
	events := slices.Clone(appends[n])
	switch rapid.IntRange(0, 4).Draw(r, "how") {
	case 0:
		events[rapid.IntRange(0, len(events)-1).Draw(r, "changed")] = newEvent()
	case 1:
		events = append(events, newEvent())
	case 2:
		slices.Reverse(events)
	}
	compareAppend(r, f, m, stream, expected, events)
}

func compareAppend(r *rapid.T, f *fixture, m *model, stream string, expected int64, events []eventstore.Event) {
	a, err := f.Append(f.ctx, stream, expected, events...)
	version, want := m.append(stream, expected, events)
	var got, due *eventstore.ConflictError
	switch {
	case want == nil && (err != nil || a.Version != version):
		r.Fatalf("append of %d after %d: version %d, %v; the model has version %d", len(events), expected, a.Version, err, version)
	case errors.As(want, &due) && (!errors.As(err, &got) || *got != *due):
		r.Fatalf("append of %d after %d: %v; the model has a conflict with %d", len(events), expected, err, due.Actual)
	}
}

func readSome(t *testing.T, r *rapid.T, f *fixture, m *model, stream string) {
	events := m.events(stream)
	from := rapid.IntRange(0, len(events)).Draw(r, "from")
	same(t, stream, int64(from), events[from:], f.read(t, stream, eventstore.Forwards, int64(from)))
	reversed(t, stream, events[:min(from+1, len(events))], f.read(t, stream, eventstore.Backwards, int64(from)))
}

func subscribeSome(t *testing.T, r *rapid.T, f *fixture, m *model, streams []string, before eventstore.Checkpoint) {
	s, err := f.Subscribe(f.ctx, before)
	if err != nil {
		r.Fatalf("subscribe: %v", err)
	}
	limit := rapid.IntRange(1, 9).Draw(r, "limit")
	got, _ := f.next(t, s, limit, len(m.log), oneOf(streams))
	sameLog(t, m.log, got)
	if err := s.Close(); err != nil {
		r.Fatalf("close: %v", err)
	}
}

// modelRacing lets writers race on a few streams. Their answers must fit one
// order of appends, the log's: every success is where it was reported, every conflict
// names a version that the stream had.
func modelRacing(t *testing.T, f *fixture) {
	const writers, each, shared = 12, 25, 3
	type told struct {
		stream   string
		expected int64
		events   []eventstore.Event
		appended eventstore.Appended
		err      error
	}
	before, streams := f.head(t), newStreams(shared)
	var mu sync.Mutex
	var history []told
	together(writers, func(w int) {
		seen := make(map[string]int64)
		for n := range each {
			stream := streams[(w+n)%shared]
			if _, ok := seen[stream]; !ok {
				seen[stream] = eventstore.NoStream
			}
			a := told{stream: stream, expected: seen[stream], events: newEvents(1 + (w+n)%2)}
			a.appended, a.err = f.Append(f.ctx, stream, a.expected, a.events...)
			var c *eventstore.ConflictError
			if errors.As(a.err, &c) {
				seen[stream] = c.Actual
			} else {
				seen[stream] = a.appended.Version
			}
			mu.Lock()
			history = append(history, a)
			mu.Unlock()
		}
	})
	log := f.all(t, before.Position, 100, oneOf(streams))
	at, last := make(map[string]eventstore.Recorded), make(map[string]int64)
	for _, e := range log {
		at[fmt.Sprint(e.Stream, e.Version)] = e
		last[e.Stream] = e.Version
	}
	appended := 0
	for _, h := range history {
		var c *eventstore.ConflictError
		if errors.As(h.err, &c) {
			if c.Actual == h.expected || c.Actual > last[h.stream] {
				t.Fatalf("a conflict names version %d where %d was expected", c.Actual, h.expected)
			}
			continue
		}
		if h.err != nil {
			t.Fatalf("append: %v", h.err)
		}
		for i, e := range h.events {
			if stored := at[fmt.Sprint(h.stream, h.expected+1+int64(i))]; stored.ID != e.ID {
				t.Fatalf("an acknowledged event is not where it was reported")
			}
			appended++
		}
	}
	if appended != len(log) {
		t.Fatalf("%d events were acknowledged, %d are stored", appended, len(log))
	}
}
