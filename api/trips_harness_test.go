package api_test

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

// What a trip takes, on the clock of a test that has one of its own: so far apart that one sum shows both.
const (
	logTrip   = time.Second
	vaultTrip = time.Millisecond
)

// trips are round trips: those that one waited for after the other, and all.
type trips struct{ inRow, all int }

func (n trips) String() string { return fmt.Sprintf("%d of %d", n.inRow, n.all) }

// faraway counts the calls of log and vault, and lets each take the time of a round trip.
type faraway struct {
	mu    sync.Mutex
	log   int
	vault int
}

func (f *faraway) toLog() {
	f.mu.Lock()
	f.log++
	f.mu.Unlock()
	time.Sleep(logTrip)
}

func (f *faraway) toVault() {
	f.mu.Lock()
	f.vault++
	f.mu.Unlock()
	time.Sleep(vaultTrip)
}

// measure runs one request and tells its trips.
func (f *faraway) measure(run func()) (toLog, toVault trips) {
	f.mu.Lock()
	f.log, f.vault = 0, 0
	f.mu.Unlock()
	began := time.Now()
	run()
	took := time.Since(began)
	f.mu.Lock()
	defer f.mu.Unlock()
	return trips{int(took / logTrip), f.log}, trips{int(took % logTrip / vaultTrip), f.vault}
}

// farLog is a log far away.
type farLog struct {
	eventstore.Store
	far *faraway
}

func (s farLog) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	s.far.toLog()
	return s.Store.Append(ctx, stream, expected, events...)
}

func (s farLog) ReadStream(ctx context.Context, stream string, d eventstore.Direction, from int64) iter.Seq2[eventstore.Recorded, error] {
	return func(yield func(eventstore.Recorded, error) bool) {
		s.far.toLog()
		s.Store.ReadStream(ctx, stream, d, from)(yield)
	}
}

func (s farLog) Head(ctx context.Context) (eventstore.Checkpoint, error) {
	s.far.toLog()
	return s.Store.Head(ctx)
}

// farLaggingLog is one whose reads may lag, as an EventStoreDB's may.
type farLaggingLog struct{ farLog }

func (s farLaggingLog) ReadStreamSince(ctx context.Context, _ eventstore.Position, stream string, from int64) iter.Seq2[eventstore.Recorded, error] {
	return s.ReadStream(ctx, stream, eventstore.Forwards, from)
}

// farVault is a vault far away, whose engine keeps the keys it has seen.
type farVault struct {
	vault.Vault
	far  *faraway
	mu   sync.Mutex
	seen map[string]bool
}

func (v *farVault) keys(names ...string) {
	v.mu.Lock()
	cached := true
	for _, name := range names {
		cached = cached && v.seen[name]
		v.seen[name] = true
	}
	v.mu.Unlock()
	if !cached {
		v.far.toVault()
	}
}

func (v *farVault) CreateKeys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	v.keys(names...)
	return v.Vault.CreateKeys(ctx, names...)
}

func (v *farVault) Key(ctx context.Context, name string) (*vault.Key, error) {
	v.keys(name)
	return v.Vault.Key(ctx, name)
}

func (v *farVault) Keys(ctx context.Context, names ...string) ([]*vault.Key, error) {
	v.keys(names...)
	return v.Vault.Keys(ctx, names...)
}

func (v *farVault) DestroyKeys(ctx context.Context, names ...string) error {
	v.far.toVault()
	return v.Vault.DestroyKeys(ctx, names...)
}

func (v *farVault) InsertIdentifier(ctx context.Context, d vault.Digest, claim uuid.UUID) (uuid.UUID, error) {
	v.far.toVault()
	return v.Vault.InsertIdentifier(ctx, d, claim)
}

func (v *farVault) Identifier(ctx context.Context, d vault.Digest) (uuid.UUID, error) {
	v.far.toVault()
	return v.Vault.Identifier(ctx, d)
}

func (v *farVault) DeleteIdentifier(ctx context.Context, claim uuid.UUID) error {
	v.far.toVault()
	return v.Vault.DeleteIdentifier(ctx, claim)
}

func (v *farVault) PutSecret(ctx context.Context, name string, secret []byte) error {
	v.far.toVault()
	return v.Vault.PutSecret(ctx, name, secret)
}

func (v *farVault) Secret(ctx context.Context, name string) ([]byte, error) {
	v.far.toVault()
	return v.Vault.Secret(ctx, name)
}

func (v *farVault) DestroySecrets(ctx context.Context, names ...string) error {
	v.far.toVault()
	return v.Vault.DestroySecrets(ctx, names...)
}

// farLedger is a ledger that is far from its log and its vault. It needs a clock of the test's own.
func farLedger(t testing.TB, lags bool) (*ledger, *faraway) {
	t.Helper()
	far := &faraway{}
	log := func(s eventstore.Store) eventstore.Store {
		if lags {
			return farLaggingLog{farLog{s, far}}
		}
		return farLog{s, far}
	}
	return newLedgerOver(t, log, func(v vault.Vault) vault.Vault { return &farVault{Vault: v, far: far, seen: map[string]bool{}} }), far
}
