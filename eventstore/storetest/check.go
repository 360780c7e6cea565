package storetest

import (
	"bytes"
	"errors"
	"testing"

	"accountledger/eventstore"
)

// same checks that the events read are the ones appended, at the versions from first on.
func same(t *testing.T, stream string, first int64, want []eventstore.Event, got []eventstore.Recorded) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("read %d events, want %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if g.Stream != stream || g.Version != first+int64(i) {
			t.Fatalf("event %d is version %d of %s, want version %d of %s", i, g.Version, g.Stream, first+int64(i), stream)
		}
		sameEvent(t, w, g.Event)
	}
}

func sameEvent(t *testing.T, want, got eventstore.Event) {
	t.Helper()
	if got.ID != want.ID || got.Type != want.Type {
		t.Fatalf("read event %s of type %q, want %s of type %q", got.ID, got.Type, want.ID, want.Type)
	}
	if !bytes.Equal(got.Data, want.Data) || !bytes.Equal(got.Metadata, want.Metadata) {
		t.Fatalf("the bytes of event %s are not the ones appended", got.ID)
	}
}

// conflict checks for a *ConflictError with these versions.
func conflict(t *testing.T, err error, stream string, expected, actual int64) {
	t.Helper()
	var c *eventstore.ConflictError
	if !errors.As(err, &c) {
		t.Fatalf("got %v, want a conflict", err)
	}
	if c.Stream != stream || c.Expected != expected || c.Actual != actual {
		t.Fatalf("got %+v, want expected %d and actual %d", *c, expected, actual)
	}
}

func is(t *testing.T, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// ascending checks that positions rise.
func ascending(t *testing.T, events []eventstore.Recorded) {
	t.Helper()
	for i := 1; i < len(events); i++ {
		if a, b := events[i-1].Position, events[i].Position; a.Compare(b) >= 0 || a.Int64() >= b.Int64() {
			t.Fatalf("position %s comes before %s", a, b)
		}
	}
}

// all reads the log after a position to its current end, in pages of at most limit, and
// returns the events of the streams that count.
func (f *fixture) all(t *testing.T, after eventstore.Position, limit int, counts func(stream string) bool) []eventstore.Recorded {
	t.Helper()
	var events []eventstore.Recorded
	for {
		page, err := f.ReadAll(f.ctx, after, limit)
		if err != nil {
			t.Fatalf("read all: %v", err)
		}
		if len(page.Events) > limit {
			t.Fatalf("a page of %d events, the limit is %d", len(page.Events), limit)
		}
		checkPage(t, page)
		events = keep(events, page, counts)
		if page.Checkpoint.Position == after {
			return events
		}
		after = page.Checkpoint.Position
	}
}

// checkPage checks that a page's checkpoint is at its end.
func checkPage(t *testing.T, page eventstore.Page) {
	t.Helper()
	ascending(t, page.Events)
	if len(page.Events) == 0 {
		return
	}
	last := page.Events[len(page.Events)-1]
	if c := page.Checkpoint; c.Position == last.Position && c.Event != last.ID {
		t.Fatalf("the checkpoint at %s names event %s, but %s is there", c.Position, c.Event, last.ID)
	}
	if page.Checkpoint.Position.Compare(last.Position) < 0 {
		t.Fatalf("the checkpoint at %s is before the page's last event at %s", page.Checkpoint.Position, last.Position)
	}
}

func keep(events []eventstore.Recorded, page eventstore.Page, counts func(string) bool) []eventstore.Recorded {
	for _, e := range page.Events {
		if counts(e.Stream) {
			events = append(events, e)
		}
	}
	return events
}

func only(stream string) func(string) bool { return func(s string) bool { return s == stream } }

// next reads pages until `want` events of the streams that count have come.
func (f *fixture) next(t *testing.T, s eventstore.Subscription, limit, want int, counts func(string) bool) ([]eventstore.Recorded, eventstore.Checkpoint) {
	t.Helper()
	var events []eventstore.Recorded
	var at eventstore.Checkpoint
	for len(events) < want {
		page, err := s.Next(f.ctx, limit)
		if err != nil {
			t.Fatalf("next page after %d of %d events: %v", len(events), want, err)
		}
		checkPage(t, page)
		if page.Checkpoint.Position.Compare(at.Position) < 0 {
			t.Fatalf("the checkpoint went back from %s to %s", at.Position, page.Checkpoint.Position)
		}
		at = page.Checkpoint
		events = keep(events, page, counts)
	}
	ascending(t, events)
	return events, at
}
