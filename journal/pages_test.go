package journal_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/journal"
)

func TestPagesAreThoseOfTheLog(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	for range j.Pages(t.Context(), journal.Checkpoint{}, 10) {
		t.Fatal("an empty log has a page")
	}
	var want []int
	for n := range 95 {
		appendTo(t, j, fmt.Sprintf("verification-%d", n%7), issued(n))
		want = append(want, n)
	}
	var got []int
	var third journal.Checkpoint
	for p, err := range j.Pages(t.Context(), journal.Checkpoint{}, 10) {
		if err != nil || p.Waits != nil || len(p.Records) == 0 || len(p.Records) > 10 {
			t.Fatalf("a page of %d events: %v, %v", len(p.Records), err, p.Waits)
		}
		if got = append(got, issues(p)...); len(got) == 30 {
			third = p.Checkpoint
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	got = nil
	for p, err := range j.Pages(t.Context(), third, 1000) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, issues(p)...)
	}
	if !slices.Equal(got, want[30:]) {
		t.Errorf("after the third page there are %v", got)
	}
}

// stopping is a log that tells when it is read, and fails from some page on.
type stopping struct {
	eventstore.Store
	fails int
}

var errBroken = errors.New("broken")

func (s *stopping) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	if s.fails--; s.fails < 0 {
		return eventstore.Page{}, errBroken
	}
	return s.Store.ReadAll(ctx, after, limit)
}

func TestPagesEndWithWhatIsWrong(t *testing.T) {
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys(""))
	for n := range 40 {
		appendTo(t, j, "verification-1", issued(n))
	}
	put(t, store, "thing-1", "thing.counted.v3", `{"count":2,"kind":"watch"}`, metadata)
	appendTo(t, j, "verification-1", issued(40))

	pages := func(ctx context.Context, j *journal.Journal, each func()) (events int, waits, err error) {
		for p, wrong := range j.Pages(ctx, journal.Checkpoint{}, 10) {
			events, waits, err = events+len(p.Records), p.Waits, wrong
			each()
		}
		return events, waits, err
	}
	nothing := func() {}
	if events, waits, err := pages(t.Context(), j, nothing); events != 40 || !isUnknown(waits) || err != nil {
		t.Errorf("got %d events, waits for %v, %v", events, waits, err)
	}
	broken := journal.New(&stopping{store, 3}, registry(t), newKeys(""))
	if events, _, err := pages(t.Context(), broken, nothing); events != 30 || !errors.Is(err, errBroken) {
		t.Errorf("got %d events, and %v", events, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if events, _, err := pages(ctx, j, cancel); events >= 40 || !errors.Is(err, context.Canceled) {
		t.Errorf("got %d events after the end, and %v", events, err)
	}
	for p := range j.Pages(t.Context(), journal.Checkpoint{}, 10) {
		if len(p.Records) != 10 {
			t.Errorf("a page of %d", len(p.Records))
		}
		break // the store is closed after the test, which would fail if somebody still read
	}
}

// A reader that ignores a type gets the place and time of its events, and still waits before what nobody knows.
func TestPagesWithoutATypeAreSkimmed(t *testing.T) {
	store := openStore(t)
	j := journal.New(store, registry(t), newKeys(""))
	for n := range 5 {
		appendTo(t, j, "verification-1", issued(n))
	}
	full, err := j.ReadAll(t.Context(), journal.Checkpoint{}, 10)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := store.Append(t.Context(), "future-1", eventstore.NoStream, eventstore.Event{ID: uuid.New(), Type: "future.happened.v1", Data: []byte("{}"),
		Metadata: []byte(`{"format":1,"at":"2026-03-01T10:00:00Z","actor":{"kind":"system"}}`)}); err != nil {
		t.Fatal(err)
	}
	ignored := []reflect.Type{reflect.TypeOf(full.Records[0].Event)}
	var waits error
	var seen []journal.Record
	for p, err := range j.PagesWithout(t.Context(), journal.Checkpoint{}, 10, ignored) {
		if err != nil {
			t.Fatal(err)
		}
		seen, waits = append(seen, p.Records...), p.Waits
	}
	if len(seen) != 5 || waits == nil {
		t.Fatalf("%d events, then %v", len(seen), waits)
	}
	for i, r := range seen {
		want := full.Records[i]
		if r.Event != nil || r.ID != want.ID || r.Position != want.Position || r.Stream != want.Stream || !r.At.Equal(want.At) {
			t.Errorf("%+v, want the place of %+v", r, want)
		}
	}
}
