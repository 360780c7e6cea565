package storetest

import (
	"testing"

	"accountledger/eventstore"
)

// spread appends to several streams in turn and returns what was appended, in order.
func (f *fixture) spread(t *testing.T, streams []string, rounds int) []eventstore.Recorded {
	t.Helper()
	var want []eventstore.Recorded
	for round := range rounds {
		for i, stream := range streams {
			n := 1 + (round+i)%3
			expected := eventstore.NoStream
			for _, r := range want {
				if r.Stream == stream {
					expected = r.Version
				}
			}
			events := newEvents(n)
			a := f.append(t, stream, expected, events...)
			for k, e := range events {
				r := eventstore.Recorded{Event: e, Stream: stream, Version: expected + 1 + int64(k)}
				if k == n-1 {
					r.Position = a.Position
				}
				want = append(want, r)
			}
		}
	}
	return want
}

func newStreams(n int) []string {
	streams := make([]string, n)
	for i := range streams {
		streams[i] = newStream()
	}
	return streams
}

func oneOf(streams []string) func(string) bool {
	set := make(map[string]bool, len(streams))
	for _, s := range streams {
		set[s] = true
	}
	return func(s string) bool { return set[s] }
}

// sameLog checks events read from the log against the ones appended, in commit order.
func sameLog(t *testing.T, want, got []eventstore.Recorded) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("read %d events, want %d", len(got), len(want))
	}
	ascending(t, got)
	for i := range want {
		if got[i].Stream != want[i].Stream || got[i].Version != want[i].Version {
			t.Fatalf("event %d is version %d of %s, want version %d of %s",
				i, got[i].Version, got[i].Stream, want[i].Version, want[i].Stream)
		}
		if p := want[i].Position; !p.IsZero() && got[i].Position != p {
			t.Fatalf("event %d is at %s, the append returned %s", i, got[i].Position, p)
		}
		sameEvent(t, want[i].Event, got[i].Event)
	}
}

func readAllInOrder(t *testing.T, f *fixture) {
	before, streams := f.head(t), newStreams(4)
	want := f.spread(t, streams, 6)
	sameLog(t, want, f.all(t, before.Position, 1000, oneOf(streams)))
}

func readAllBorders(t *testing.T, f *fixture) {
	before, streams := f.head(t), newStreams(3)
	want := f.spread(t, streams, 5)
	for _, limit := range []int{1, 2, 3, 5, len(want) - 1, len(want), len(want) + 1} {
		sameLog(t, want, f.all(t, before.Position, limit, oneOf(streams)))
	}
	// A read can start at every position.
	got := f.all(t, before.Position, 1000, oneOf(streams))
	for i := range got {
		sameLog(t, want[i+1:], f.all(t, got[i].Position, 4, oneOf(streams)))
	}
	_, err := f.ReadAll(f.ctx, before.Position, 0)
	is(t, err, eventstore.ErrInvalid)
}

func readAllEnd(t *testing.T, f *fixture) {
	stream := newStream()
	f.append(t, stream, eventstore.NoStream, newEvent())
	for {
		head := f.head(t)
		page, err := f.ReadAll(f.ctx, head.Position, 10)
		if err != nil {
			t.Fatalf("read all: %v", err)
		}
		if len(page.Events) > 0 || page.Checkpoint.Position != head.Position {
			continue // someone else has appended
		}
		if page.Checkpoint != head {
			t.Fatalf("at the end the checkpoint is %+v, the head %+v", page.Checkpoint, head)
		}
		return
	}
}

func headMoves(t *testing.T, f *fixture) {
	stream, before := newStream(), f.head(t)
	log, err := f.LogID(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	for version := range int64(3) {
		a := f.append(t, stream, version-1, newEvent())
		head := f.head(t)
		if head.Position.Compare(a.Position) < 0 || before.Position.Compare(head.Position) >= 0 {
			t.Fatalf("the head went from %s to %s with an append at %s", before.Position, head.Position, a.Position)
		}
		if head.Log != log || head.IsZero() {
			t.Fatalf("the head %+v is not of log %s", head, log)
		}
		before = head
	}
}

func distance(t *testing.T, f *fixture) {
	stream := newStream()
	var zero eventstore.Position
	a := f.append(t, stream, eventstore.NoStream, newEvent()).Position
	b := f.append(t, stream, 0, newEvents(3)...).Position
	c := f.append(t, stream, 3, newEvent()).Position
	measure := func(from, to eventstore.Position) int64 {
		t.Helper()
		n, unit, err := f.Distance(f.ctx, from, to)
		if err != nil {
			t.Fatalf("distance: %v", err)
		}
		if unit != eventstore.UnitEvents && unit != eventstore.UnitBytes {
			t.Fatalf("distance in %q", unit)
		}
		return n
	}
	for _, p := range []eventstore.Position{zero, a, c} {
		if n := measure(p, p); n != 0 {
			t.Fatalf("the distance of %s from itself is %d", p, n)
		}
	}
	if n := measure(c, a); n != 0 {
		t.Fatalf("a distance backwards is %d", n)
	}
	ab, bc, ac := measure(a, b), measure(b, c), measure(a, c)
	if ab <= 0 || bc <= 0 || ab+bc != ac || measure(zero, a) <= 0 {
		t.Fatalf("distances %d and %d make %d", ab, bc, ac)
	}
}

func logIDStays(t *testing.T, f *fixture) {
	first, err := f.LogID(f.ctx)
	if err != nil || first == (eventstore.Checkpoint{}.Log) {
		t.Fatalf("log id %s, %v", first, err)
	}
	f.append(t, newStream(), eventstore.NoStream, newEvent())
	if again, err := f.LogID(f.ctx); err != nil || again != first {
		t.Fatalf("log id %s, then %s, %v", first, again, err)
	}
}
