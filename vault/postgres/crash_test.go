//go:build engines

package postgres_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
	"accountledger/vault/postgres"
	"accountledger/vault/postgres/postgrestest"
)

// ownServer starts a server for a test alone.
func ownServer(t testing.TB, settings ...string) (*postgrestest.Server, place) {
	t.Helper()
	s, err := postgrestest.Start(t.Context(), settings...)
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Stop()) })
	return s, place{s.Address(), "vault_test"}
}

// The server crashes while it is written to. Whatever was acknowledged is there
// afterwards, and an open vault recovers by itself.
func TestWhatWasAcknowledgedSurvivesACrashOfTheServer(t *testing.T) {
	s, p := ownServer(t)
	master := newMaster(t)
	v := p.open(t, postgres.Options{Connections: 8}, master)
	var mu sync.Mutex
	var acknowledged acks
	acknowledged.claims = map[vault.Digest]uuid.UUID{}
	enough := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				n := strconv.Itoa(w) + "/" + strconv.Itoa(i)
				d := vault.Digest{byte(w), byte(i), byte(i >> 8)}
				claim := uuid.New()
				keys, err := v.CreateKeys(t.Context(), "kept"+n, "gone"+n)
				if err == nil {
					err = v.DestroyKeys(t.Context(), "gone"+n)
				}
				if err == nil {
					err = v.PutSecret(t.Context(), n, []byte(n))
				}
				if err == nil {
					_, err = v.InsertIdentifier(t.Context(), d, claim)
				}
				if err != nil {
					if !errors.Is(err, vault.ErrUnavailable) {
						t.Errorf("error %v, want %v", err, vault.ErrUnavailable)
					}
					return
				}
				mu.Lock()
				acknowledged.add(keys[0], n, d, claim)
				if len(acknowledged.names) == 50 {
					close(enough)
				}
				mu.Unlock()
			}
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	select {
	case <-enough:
	case <-ended:
		t.Fatal("nobody is writing before the crash")
	}
	ok(t, s.Crash())
	<-ended
	ok(t, s.Run(context.WithoutCancel(t.Context())))
	untilAnswers(t, v, acknowledged.keys[0].Name)
	acknowledged.in(t, v)
	acknowledged.in(t, p.open(t, postgres.Options{}, master))
}

type acks struct {
	keys   []*vault.Key
	names  []string
	claims map[vault.Digest]uuid.UUID
}

func (a *acks) add(key *vault.Key, name string, d vault.Digest, claim uuid.UUID) {
	a.keys, a.names = append(a.keys, key), append(a.names, name)
	a.claims[d] = claim
}

func (a *acks) in(t *testing.T, v vault.Vault) {
	t.Helper()
	for i, k := range a.keys {
		got, err := v.Key(t.Context(), k.Name)
		ok(t, err)
		if got.ID != k.ID || got.Material() != k.Material() {
			t.Fatal("another key")
		}
		if _, err := v.Key(t.Context(), "gone"+a.names[i]); !errors.Is(err, vault.ErrDestroyed) {
			t.Fatalf("error %v, want %v", err, vault.ErrDestroyed)
		}
		secret, err := v.Secret(t.Context(), a.names[i])
		ok(t, err)
		if string(secret) != a.names[i] {
			t.Fatal("another secret")
		}
	}
	for d, claim := range a.claims {
		got, err := v.Identifier(t.Context(), d)
		ok(t, err)
		if got != claim {
			t.Fatal("another claim")
		}
	}
}

func TestAServerThatForgetsIsRefused(t *testing.T) {
	_, p := ownServer(t, "fsync = off")
	_, err := postgres.Open(t.Context(), p.address, ring(t, newMaster(t)), postgres.Options{})
	if !errors.Is(err, postgres.ErrUnsafe) {
		t.Fatalf("error %v, want %v", err, postgres.ErrUnsafe)
	}
}
