package journal_test

import (
	"context"
	"crypto/sha256"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/journal"
	"accountledger/vault"
)

var noon = time.Date(2026, 5, 17, 12, 0, 0, 123456789, time.UTC)

// fixedKeys are keys whose bytes follow from their names and a seed.
type fixedKeys struct {
	seed string
	mu   sync.Mutex
	made map[string]bool // false: destroyed
}

func newKeys(seed string) *fixedKeys { return &fixedKeys{seed: seed, made: map[string]bool{}} }

func (k *fixedKeys) key(name string) *vault.Key {
	id := sha256.Sum256([]byte("id of " + name + k.seed))
	return vault.NewKey(name, uuid.UUID(id[:16]), sha256.Sum256([]byte("key of "+name+k.seed)))
}

func (k *fixedKeys) CreateKeys(_ context.Context, names ...string) ([]*vault.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []*vault.Key
	for _, n := range names {
		if there, ok := k.made[n]; ok && !there {
			return nil, vault.ErrDestroyed
		}
		out = append(out, k.key(n))
	}
	for _, n := range names {
		k.made[n] = true
	}
	return out, nil
}

func (k *fixedKeys) Keys(_ context.Context, names ...string) ([]*vault.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	out := make([]*vault.Key, len(names))
	for i, n := range names {
		if k.made[n] {
			out[i] = k.key(n)
		}
	}
	return out, nil
}

func (k *fixedKeys) Key(_ context.Context, name string) (*vault.Key, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch live, known := k.made[name]; {
	case !known:
		return nil, vault.ErrNotFound
	case !live:
		return nil, vault.ErrDestroyed
	}
	return k.key(name), nil
}

func (k *fixedKeys) DestroyKeys(_ context.Context, names ...string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, n := range names {
		k.made[n] = false
	}
	return nil
}

func openStore(t testing.TB) *embedded.Store {
	t.Helper()
	s, err := embedded.Open(embedded.Options{Dir: t.TempDir(), ReserveBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func registry(t testing.TB) *journal.Registry {
	t.Helper()
	r, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func entry(at time.Time, event any) journal.Entry {
	return journal.Entry{ID: domain.EventID{UUID: uuid.New()}, Event: event, Metadata: domain.Metadata{At: at,
		Actor: domain.Actor{Kind: domain.ActorSystem}, Channel: domain.ChannelProcess}}
}

func appendTo(t testing.TB, j *journal.Journal, stream string, events ...any) journal.Committed {
	t.Helper()
	head, err := j.LastOf(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	entries := make([]journal.Entry, len(events))
	for i, e := range events {
		entries[i] = entry(noon, e)
	}
	done, err := j.Append(t.Context(), head, entries...)
	if err != nil {
		t.Fatal(err)
	}
	return done
}

func read(t testing.TB, j *journal.Journal, stream string) ([]journal.Record, error) {
	t.Helper()
	var out []journal.Record
	for rec, err := range j.Read(t.Context(), stream, 0) {
		if err != nil {
			return out, err
		}
		out = append(out, rec)
	}
	return out, nil
}

// raw gives what a stream really holds.
func raw(t testing.TB, s eventstore.Store, stream string) []eventstore.Recorded {
	t.Helper()
	var out []eventstore.Recorded
	for rec, err := range s.ReadStream(t.Context(), stream, eventstore.Forwards, eventstore.Start) {
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rec)
	}
	return out
}

const metadata = `{"format":1,"at":"2026-05-17T12:00:00Z","actor":{"kind":"system"},"channel":"process"}`

// put appends bytes that no journal made.
func put(t testing.TB, s eventstore.Store, stream, typ, data, metadata string) {
	t.Helper()
	version := int64(len(raw(t, s, stream))) - 1
	if _, err := s.Append(t.Context(), stream, version, eventstore.Event{ID: uuid.New(), Type: typ, Data: []byte(data), Metadata: []byte(metadata)}); err != nil {
		t.Fatal(err)
	}
}
