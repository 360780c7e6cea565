package storetest

import (
	"slices"
	"testing"

	"accountledger/eventstore"
)

// fill appends n events to a new stream, several at a time.
func (f *fixture) fill(t *testing.T, n int) (stream string, events []eventstore.Event) {
	t.Helper()
	stream, events = newStream(), newEvents(n)
	for at, size := 0, 1; at < n; size = size%7 + 1 {
		end := min(n, at+size)
		f.append(t, stream, int64(at)-1, events[at:end]...)
		at = end
	}
	return stream, events
}

// reversed checks a backwards read whose last event has version 0.
func reversed(t *testing.T, stream string, want []eventstore.Event, got []eventstore.Recorded) {
	t.Helper()
	slices.Reverse(got)
	same(t, stream, 0, want, got)
}

func readBothWays(t *testing.T, f *fixture) {
	stream, events := f.fill(t, 20)
	for from := range events {
		same(t, stream, int64(from), events[from:], f.read(t, stream, eventstore.Forwards, int64(from)))
		reversed(t, stream, events[:from+1], f.read(t, stream, eventstore.Backwards, int64(from)))
	}
	reversed(t, stream, events, f.read(t, stream, eventstore.Backwards, eventstore.End))
}

func readEdges(t *testing.T, f *fixture) {
	stream, events := f.fill(t, 3)
	if got := f.read(t, stream, eventstore.Forwards, 3); len(got) != 0 {
		t.Fatalf("%d events after the last", len(got))
	}
	if got := f.read(t, stream, eventstore.Forwards, 1000); len(got) != 0 {
		t.Fatalf("%d events far after the last", len(got))
	}
	reversed(t, stream, events, f.read(t, stream, eventstore.Backwards, 1000))
	none := newStream()
	for _, d := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
		if got := f.read(t, none, d, eventstore.Start); len(got) != 0 {
			t.Fatalf("%d events of a stream that does not exist", len(got))
		}
	}
	if got := f.read(t, none, eventstore.Backwards, eventstore.End); len(got) != 0 {
		t.Fatalf("%d events of a stream that does not exist", len(got))
	}
	for name, err := range map[string]error{
		"forwards from the end": f.readError(stream, eventstore.Forwards, eventstore.End),
		"below the end":         f.readError(stream, eventstore.Backwards, eventstore.End-1),
		"no direction":          f.readError(stream, eventstore.Direction(7), 0),
		"no name":               f.readError("", eventstore.Forwards, 0),
		"a NUL":                 f.readError("a\x00b", eventstore.Forwards, 0),
	} {
		t.Run(name, func(t *testing.T) { is(t, err, eventstore.ErrInvalid) })
	}
}

func (f *fixture) readError(stream string, d eventstore.Direction, from int64) error {
	for _, err := range f.ReadStream(f.ctx, stream, d, from) {
		return err
	}
	return nil
}

// readLong reads a stream longer than any page an engine may use internally.
func readLong(t *testing.T, f *fixture) {
	stream, events := newStream(), newEvents(1500)
	for at := 0; at < len(events); at += 250 {
		f.append(t, stream, int64(at)-1, events[at:at+250]...)
	}
	same(t, stream, 0, events, f.read(t, stream, eventstore.Forwards, eventstore.Start))
	same(t, stream, 777, events[777:], f.read(t, stream, eventstore.Forwards, 777))
	reversed(t, stream, events, f.read(t, stream, eventstore.Backwards, eventstore.End))
}

func readStops(t *testing.T, f *fixture) {
	stream, _ := f.fill(t, 10)
	for _, d := range []eventstore.Direction{eventstore.Forwards, eventstore.Backwards} {
		n := 0
		for _, err := range f.ReadStream(f.ctx, stream, d, 5) {
			if err != nil {
				t.Fatal(err)
			}
			if n++; n == 2 {
				break
			}
		}
		if n != 2 {
			t.Fatalf("read %d events", n)
		}
	}
	f.append(t, stream, 9, newEvent())
}

// readWhileAppending appends inside the loop over the same stream.
func readWhileAppending(t *testing.T, f *fixture) {
	stream, events := f.fill(t, 5)
	seen := int64(0)
	for e, err := range f.ReadStream(f.ctx, stream, eventstore.Forwards, eventstore.Start) {
		if err != nil {
			t.Fatal(err)
		}
		if e.Version != seen {
			t.Fatalf("version %d after %d events", e.Version, seen)
		}
		if seen++; seen <= 5 {
			next := newEvent()
			f.append(t, stream, int64(len(events))-1, next)
			events = append(events, next)
		}
	}
	if seen < 5 {
		t.Fatalf("read %d events, at least 5 were there", seen)
	}
	same(t, stream, 0, events, f.read(t, stream, eventstore.Forwards, eventstore.Start))
}
