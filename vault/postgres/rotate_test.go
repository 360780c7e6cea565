//go:build engines

package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
	"accountledger/vault/postgres"
)

// A process that lacks the new master key could read nothing any more.
func TestEveryProcessHoldsTheKeyBeforeItIsUsed(t *testing.T) {
	p, old, next := newPlace(t), newMaster(t), newMaster(t)
	operator := p.open(t, postgres.Options{}, old)
	held := ring(t, old)
	other, err := postgres.Open(t.Context(), p.address, held, postgres.Options{Schema: p.schema, Connections: 2})
	ok(t, err)
	defer func() { _ = other.Close() }()
	createKeys(t, other, "account/1")
	if err := operator.Rotate(t.Context(), next, nil); !errors.Is(err, vault.ErrNotHeld) {
		t.Fatalf("error %v, want %v", err, vault.ErrNotHeld)
	}
	states, err := operator.Masters(t.Context())
	ok(t, err)
	if len(states) != 1 {
		t.Fatalf("%d master keys after a rotation that was refused", len(states))
	}

	// It announces that it holds the key with its next request for news.
	ok(t, held.Add(next))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		err := operator.Rotate(ctx, next, nil)
		if err == nil {
			break
		}
		if !errors.Is(err, vault.ErrNotHeld) {
			t.Fatal(err)
		}
	}
	createKeys(t, other, "account/2")
	ok(t, held.Drop(old.ID))
	_, err = other.Keys(t.Context(), "account/1", "account/2", "account/3")
	ok(t, err)
	_, err = other.InsertIdentifier(t.Context(), vault.Digest{1}, uuid.New())
	ok(t, err)
}

// A row under a key that is not held is never taken for missing.
func TestARowUnderAKeyNotHeldIsNotMissing(t *testing.T) {
	p, old, next := newPlace(t), newMaster(t), newMaster(t)
	operator := p.open(t, postgres.Options{}, old)
	d, claim := vault.Digest{1}, uuid.New()
	_, err := operator.InsertIdentifier(t.Context(), d, claim)
	ok(t, err)
	createKeys(t, operator, "account/1")
	ok(t, operator.PutSecret(t.Context(), "account/1", nil))
	both := ring(t, old, next)
	other, err := postgres.Open(t.Context(), p.address, both, postgres.Options{Schema: p.schema, Connections: 2})
	ok(t, err)
	defer func() { _ = other.Close() }()
	ok(t, operator.Rotate(t.Context(), next, nil))
	ok(t, both.Drop(next.ID))

	_, key := other.Key(t.Context(), "account/1")
	_, secret := other.Secret(t.Context(), "account/1")
	_, identifier := other.Identifier(t.Context(), d)
	_, inserted := other.InsertIdentifier(t.Context(), vault.Digest{2}, uuid.New())
	_, made := other.CreateKeys(t.Context(), "account/2")
	for call, err := range map[string]error{
		"Key": key, "Secret": secret, "Identifier": identifier, "InsertIdentifier": inserted, "CreateKeys": made,
		"DeleteIdentifier": other.DeleteIdentifier(t.Context(), claim), "PutSecret": other.PutSecret(t.Context(), "a", nil),
	} {
		if !errors.Is(err, vault.ErrMasterKey) {
			t.Errorf("%s: error %v, want %v", call, err, vault.ErrMasterKey)
		}
	}
	ok(t, both.Add(next))
	held, err := other.Identifier(t.Context(), d)
	ok(t, err)
	if held != claim {
		t.Fatal("another claim")
	}
}

func TestOneRotationAtATime(t *testing.T) {
	p, old, next := newPlace(t), newMaster(t), newMaster(t)
	a, b := p.open(t, postgres.Options{}, old, next), p.open(t, postgres.Options{}, old, next)
	createKeys(t, a, "account/1")
	second := errors.New("not tried")
	ok(t, a.Rotate(t.Context(), next, func(vault.RotationProgress) { second = b.Rotate(t.Context(), next, nil) }))
	if !errors.Is(second, vault.ErrRotating) {
		t.Fatalf("error %v, want %v", second, vault.ErrRotating)
	}
	ok(t, b.Rotate(t.Context(), next, nil))
}

// The server crashes in the middle of a rotation; it is resumed.
func TestARotationSurvivesACrashOfTheServer(t *testing.T) {
	server, p := ownServer(t)
	old, next := newMaster(t), newMaster(t)
	v := p.open(t, postgres.Options{}, old)
	names := make([]string, 1000)
	for i := range names {
		names[i] = uuid.NewString()
	}
	keys := createKeys(t, v, names...)
	crashed := false
	err := v.Rotate(t.Context(), next, func(vault.RotationProgress) {
		if !crashed {
			crashed = true
			ok(t, server.Crash())
		}
	})
	if !errors.Is(err, vault.ErrUnavailable) {
		t.Fatalf("error %v, want %v", err, vault.ErrUnavailable)
	}
	ok(t, v.Close())
	ok(t, server.Run(t.Context()))
	v = p.open(t, postgres.Options{}, next, old)
	var progress vault.RotationProgress
	ok(t, v.Rotate(t.Context(), next, func(p vault.RotationProgress) { progress = p }))
	if progress.Total == 0 || progress.Total >= int64(len(names)) {
		t.Fatalf("%+v", progress)
	}
	ok(t, v.Close())
	v = p.open(t, postgres.Options{}, next)
	got, err := v.Keys(t.Context(), names...)
	ok(t, err)
	for i, k := range keys {
		if got[i].ID != k.ID || got[i].Material() != k.Material() {
			t.Fatal("another key")
		}
	}
}
