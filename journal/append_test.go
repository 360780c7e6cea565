package journal_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

// lossy is a store whose replies get lost: some appends happen, some do not, and nobody is told.
type lossy struct {
	eventstore.Store
	mu    sync.Mutex
	plan  []bool // for each coming append: whether it happens before its reply is lost
	bytes [][]byte
}

func (l *lossy) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var b []byte
	for _, e := range events {
		b = slices.Concat(b, e.ID[:], []byte(e.Type), e.Data, e.Metadata)
	}
	l.bytes = append(l.bytes, b)
	if len(l.plan) == 0 {
		return l.Store.Append(ctx, stream, expected, events...)
	}
	happens := l.plan[0]
	l.plan = l.plan[1:]
	if happens {
		if _, err := l.Store.Append(ctx, stream, expected, events...); err != nil {
			return eventstore.Appended{}, err
		}
	}
	return eventstore.Appended{}, eventstore.ErrUnknownOutcome
}

func TestLostRepliesAreSettled(t *testing.T) {
	for name, plan := range map[string][]bool{"it happened": {true}, "it did not": {false}, "first not, then it did": {false, true},
		"three times": {true, true, false}} {
		store := &lossy{Store: openStore(t), plan: plan}
		j := journal.New(store, registry(t), newKeys(""))
		e := entry(noon, domain.DeviceRenamed{Device: id[domain.DeviceID](2), Name: domain.Personal(watch, "account/1")})
		done, err := j.Append(t.Context(), journal.NoStream("account-1"), e)
		if err != nil || done.Head.Version != 0 {
			t.Fatalf("%s: version %d, %v", name, done.Head.Version, err)
		}
		if len(store.bytes) != len(plan)+1 {
			t.Errorf("%s: %d appends", name, len(store.bytes))
		}
		for _, b := range store.bytes {
			if !bytes.Equal(b, store.bytes[0]) {
				t.Errorf("%s: other bytes were sent again", name)
			}
		}
		recs, err := read(t, j, "account-1")
		if err != nil || len(recs) != 1 || recs[0].ID != e.ID || recs[0].Position != done.Position {
			t.Errorf("%s: %d events, %v", name, len(recs), err)
		}
	}
}

func TestAnOutcomeThatStaysUnknown(t *testing.T) {
	store := &lossy{Store: openStore(t), plan: make([]bool, 100)}
	j := journal.New(store, registry(t), newKeys(""))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Append(ctx, journal.NoStream("x-1"),
		entry(noon, domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})); !errors.Is(err, journal.ErrUnknownOutcome) {
		t.Errorf("%v", err)
	}
	if len(store.bytes) != 1 {
		t.Errorf("tried %d times for a caller who is gone", len(store.bytes))
	}
}

// slow takes ten seconds to lose each answer.
type slow struct {
	eventstore.Store
	asked int
}

func (s *slow) Append(context.Context, string, int64, ...eventstore.Event) (eventstore.Appended, error) {
	s.asked++
	time.Sleep(10 * time.Second) // of the bubble's
	return eventstore.Appended{}, eventstore.ErrUnknownOutcome
}

// A log that takes its whole time over an append is not asked again: the client would not be there any more.
func TestASlowUnknownOutcome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &slow{}
		j := journal.New(store, registry(t), newKeys(""))
		if _, err := j.Append(t.Context(), journal.NoStream("x-1"),
			entry(noon, domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})); !errors.Is(err, journal.ErrUnknownOutcome) {
			t.Errorf("%v", err)
		}
		if store.asked != 1 {
			t.Errorf("tried %d times", store.asked)
		}
	})
}

func TestConflictsPassThrough(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	appendTo(t, j, "x-1", domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})
	var conflict *journal.ConflictError
	ended := entry(noon, domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut})
	if _, err := j.Append(t.Context(), journal.NoStream("x-1"), ended); !errors.As(err, &conflict) ||
		conflict.Actual != 0 {
		t.Errorf("%v", err)
	}
}

// A stream's times never go back, whatever the clock did.
func TestTimesNeverGoBack(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	end := domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut}
	east := time.FixedZone("east", 3600)
	head := journal.NoStream("x-1")
	for _, at := range []time.Time{noon, noon.Add(-time.Hour), noon.Add(time.Hour).In(east), noon, noon.Add(2 * time.Hour)} {
		done, err := j.Append(t.Context(), head, entry(at, end), entry(at.Add(-time.Minute), end))
		if err != nil {
			t.Fatal(err)
		}
		last, err := j.LastOf(t.Context(), "x-1")
		if err != nil || last != done.Head {
			t.Fatalf("the head is %+v, read %+v: %v", done.Head, last, err)
		}
		head = done.Head
	}
	recs, err := read(t, j, "x-1")
	if err != nil || len(recs) != 10 {
		t.Fatal(err)
	}
	for i, rec := range recs {
		if i > 0 && rec.At.Before(recs[i-1].At) || rec.At.Location() != time.UTC {
			t.Errorf("event %d is at %s", i, rec.At)
		}
	}
	if !recs[9].At.Equal(noon.Add(2 * time.Hour)) {
		t.Errorf("the last is at %s", recs[9].At)
	}
}

// The facts that an append gives are those that are read.
func TestFactsAreWhatIsRead(t *testing.T) {
	j := journal.New(openStore(t), registry(t), newKeys(""))
	done := appendTo(t, j, "x-1", domain.VerificationIssued{Issue: 2, Purpose: "sign_up", Medium: "email"},
		domain.VerificationEnded{Reason: domain.EndExpired, Purpose: "sign_up", RequestedOn: "2026-05-16"})
	recs, err := read(t, j, "x-1")
	if err != nil || len(recs) != 2 {
		t.Fatal(err)
	}
	for i, rec := range recs {
		if rec.Fact != done.Facts[i] {
			t.Errorf("read %+v, appended %+v", rec.Fact, done.Facts[i])
		}
	}
	n := 0
	for rec, err := range j.ReadBack(t.Context(), "x-1") {
		if err != nil || rec.Version != int64(1-n) {
			t.Errorf("backwards: version %d, %v", rec.Version, err)
		}
		n++
	}
}

func TestWhatIsNotAppended(t *testing.T) {
	ended := domain.SessionEnded{Session: id[domain.SessionID](1), Reason: domain.SessionSignedOut}
	const told = "ada@example.com"
	for name, change := range map[string]func(*journal.Entry){
		"no registered event": func(e *journal.Entry) { e.Event = struct{}{} },
		"nothing":             func(e *journal.Entry) { e.Event = nil },
		"a pointer":           func(e *journal.Entry) { e.Event = &ended },
		"no such kind":        func(e *journal.Entry) { e.Event = domain.DeviceUnlinked{Kind: told} },
		"no such region": func(e *journal.Entry) {
			e.Event = domain.AccountCapacityDecided{Rules: domain.Rules{Region: told}, Capacity: "self", Previous: "self"}
		},
		"no such part": func(e *journal.Entry) { e.Event = domain.AccessRevealed{Parts: []domain.RevealedPart{told}} },
		"no such allowance": func(e *journal.Entry) {
			e.Event = domain.ServiceAdded{Name: "ab", KeyHash: hash("a"), Allowed: []domain.Allowance{{Permission: told, Purpose: "weather"}}}
		},
		"no such hash": func(e *journal.Entry) { e.Event = domain.ServiceAdded{Name: "ab", KeyHash: told} },
		"no such decision": func(e *journal.Entry) {
			d := decision
			d.Language = told
			e.Event = domain.PermissionGranted{Decision: d, Nth: 1}
		},
		"no id":               func(e *journal.Entry) { e.ID = domain.EventID{} },
		"no time":             func(e *journal.Entry) { e.Metadata.At = time.Time{} },
		"no actor":            func(e *journal.Entry) { e.Metadata.Actor.Kind = "" },
		"no such actor":       func(e *journal.Entry) { e.Metadata.Actor.Kind = told },
		"no channel":          func(e *journal.Entry) { e.Metadata.Channel = "" },
		"no such case":        func(e *journal.Entry) { e.Metadata.Case = told },
		"no such purpose":     func(e *journal.Entry) { e.Metadata.Purpose = told },
		"no such fingerprint": func(e *journal.Entry) { e.Metadata.Fingerprint = told },
		"region of metadata":  func(e *journal.Entry) { e.Metadata.Region = told },
		"on behalf of":        func(e *journal.Entry) { e.Metadata.OnBehalfOf.Kind = told },
	} {
		j := journal.New(openStore(t), registry(t), newKeys(""))
		e := entry(noon, ended)
		change(&e)
		_, err := j.Append(t.Context(), journal.NoStream("x-1"), e)
		if err == nil || strings.Contains(err.Error(), told) {
			t.Errorf("%s: %v", name, err)
		}
		if head, err := j.LastOf(t.Context(), "x-1"); err != nil || head.Exists() {
			t.Errorf("%s: appended, %v", name, err)
		}
	}
}
