package journal_test

import (
	"context"
	"errors"
	"iter"
	"testing"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

// lagging is a store whose reads show nothing, but for those since an append.
type lagging struct {
	eventstore.Store
	since eventstore.Position // as asked for last
}

func (s *lagging) ReadStream(context.Context, string, eventstore.Direction, int64) iter.Seq2[eventstore.Recorded, error] {
	return func(func(eventstore.Recorded, error) bool) {}
}

func (s *lagging) ReadStreamSince(ctx context.Context, since eventstore.Position, stream string, from int64) iter.Seq2[eventstore.Recorded, error] {
	s.since = since
	return s.Store.ReadStream(ctx, stream, eventstore.Forwards, from)
}

func TestReadsSinceAnAppend(t *testing.T) {
	store := &lagging{Store: openStore(t)}
	j := journal.New(store, registry(t), newKeys(""))
	done := appendTo(t, j, "x-1", domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})
	count := func(ctx context.Context) (n int) {
		for _, err := range j.Read(ctx, "x-1", 0) {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		return n
	}
	if n := count(t.Context()); n != 0 || !j.MayLag() {
		t.Errorf("%d events, may lag: %t", n, j.MayLag())
	}
	if n := count(journal.Since(t.Context(), done.Position)); n != 1 || store.since != done.Position {
		t.Errorf("%d events since %s", n, store.since)
	}
	if journal.New(store.Store, registry(t), newKeys("")).MayLag() {
		t.Error("the embedded log does not lag")
	}
}

// fencedLater loses the answer to the first append, and refuses all others.
type fencedLater struct {
	eventstore.Store
	asked int
}

func (s *fencedLater) Append(context.Context, string, int64, ...eventstore.Event) (eventstore.Appended, error) {
	if s.asked++; s.asked == 1 {
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	return eventstore.Appended{}, eventstore.ErrFenced
}

// A refusal says nothing of a try before it whose outcome nobody knows.
func TestARefusalAfterAnUnknownOutcome(t *testing.T) {
	store := &fencedLater{Store: openStore(t)}
	j := journal.New(store, registry(t), newKeys(""))
	e := entry(noon, domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})
	if _, err := j.Append(t.Context(), journal.NoStream("x-1"), e); !errors.Is(err, journal.ErrUnknownOutcome) || store.asked != 2 {
		t.Errorf("after %d tries: %v", store.asked, err)
	}
	if _, err := j.Append(t.Context(), journal.NoStream("x-1"), e); !errors.Is(err, eventstore.ErrFenced) || errors.Is(err, journal.ErrUnknownOutcome) {
		t.Errorf("%v", err)
	}
}
