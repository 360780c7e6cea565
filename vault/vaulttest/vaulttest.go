// Package vaulttest is the conformance suite for engines of the vault. It assumes neither
// an empty vault nor exclusive use: it uses random names and looks at no others.
package vaulttest

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
)

// Engine is the suite's access to an engine.
type Engine struct {
	// Open returns a vault and closes it when the test ends.
	Open func(t *testing.T) vault.Vault
	// Reopen closes v as a restart of the process would and returns what it kept.
	Reopen func(t *testing.T, v vault.Vault) vault.Vault
}

// Run runs the whole suite.
func Run(t *testing.T, e Engine) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, e Engine)
	}{
		{"KeysAreMadeOnce", keysAreMadeOnce},
		{"KeysComeInOrder", keysComeInOrder},
		{"KeysOfManyCallers", keysOfManyCallers},
		{"DestroyedKeysStayDestroyed", destroyedKeysStayDestroyed},
		{"ADestroyedNameFailsItsWholeCall", destroyedNameFailsItsWholeCall},
		{"NeighboursOfAFailureSucceed", neighboursOfAFailureSucceed},
		{"NoKeyIsGivenAfterItsDestruction", noKeyAfterItsDestruction},
		{"KeyNames", keyNames},
		{"IdentifierHasOneClaim", identifierHasOneClaim},
		{"IdentifierRaceHasOneWinner", identifierRaceHasOneWinner},
		{"IdentifierIsDeletedByItsClaim", identifierIsDeletedByItsClaim},
		{"DigestsThatBeginAlike", digestsThatBeginAlike},
		{"SecretsAreReplaced", secretsAreReplaced},
		{"DestroyedSecretsStayDestroyed", destroyedSecretsStayDestroyed},
		{"SecretLimits", secretLimits},
		{"CancelledCallsDoNothing", cancelledCallsDoNothing},
		{"Ping", ping},
		{"Binding", binding},
		{"AfterClose", afterClose},
		{"LikeTheModel", likeTheModel},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, e) })
	}
}

// name is a name that no other test has used.
func name(kind string) string { return kind + "/" + uuid.NewString() }

func digest() vault.Digest {
	var d vault.Digest
	_, _ = rand.Read(d[:]) // never fails
	return d
}

func want(t *testing.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, want %v", err, target)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func create(t *testing.T, v vault.Vault, names ...string) []*vault.Key {
	t.Helper()
	keys, err := v.CreateKeys(t.Context(), names...)
	ok(t, err)
	if len(keys) != len(names) {
		t.Fatalf("%d keys for %d names", len(keys), len(names))
	}
	return keys
}

// same fails unless a and b are one key.
func same(t *testing.T, a, b *vault.Key) {
	t.Helper()
	if a == nil || b == nil || a.Name != b.Name || a.ID != b.ID || a.Material() != b.Material() {
		t.Fatalf("%v is not %v", a, b)
	}
}

func cancelledCallsDoNothing(t *testing.T, e Engine) {
	v := e.Open(t)
	there, held := name("key"), name("secret")
	create(t, v, there)
	ok(t, v.PutSecret(t.Context(), held, []byte("kept")))
	d, claim := digest(), uuid.New()
	_, err := v.InsertIdentifier(t.Context(), d, claim)
	ok(t, err)

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	other := name("key")
	calls := map[string]func() error{
		"CreateKeys":       func() error { _, err := v.CreateKeys(ctx, other); return err },
		"Key":              func() error { _, err := v.Key(ctx, there); return err },
		"Keys":             func() error { _, err := v.Keys(ctx, there); return err },
		"DestroyKeys":      func() error { return v.DestroyKeys(ctx, there) },
		"InsertIdentifier": func() error { _, err := v.InsertIdentifier(ctx, digest(), uuid.New()); return err },
		"Identifier":       func() error { _, err := v.Identifier(ctx, d); return err },
		"DeleteIdentifier": func() error { return v.DeleteIdentifier(ctx, claim) },
		"PutSecret":        func() error { return v.PutSecret(ctx, held, []byte("lost")) },
		"Secret":           func() error { _, err := v.Secret(ctx, held); return err },
		"DestroySecrets":   func() error { return v.DestroySecrets(ctx, held) },
		"Ping":             func() error { return v.Ping(ctx) },
	}
	for call, do := range calls {
		if err := do(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: error %v, want %v", call, err, context.Canceled)
		}
	}

	_, err = v.Key(t.Context(), other)
	want(t, err, vault.ErrNotFound)
	_, err = v.Key(t.Context(), there)
	ok(t, err)
	got, err := v.Identifier(t.Context(), d)
	ok(t, err)
	if got != claim {
		t.Fatal("another claim")
	}
	secret, err := v.Secret(t.Context(), held)
	ok(t, err)
	if string(secret) != "kept" {
		t.Fatal("another secret")
	}
}

func ping(t *testing.T, e Engine) {
	ok(t, e.Open(t).Ping(t.Context()))
}

func afterClose(t *testing.T, e Engine) {
	v := e.Open(t)
	key := name("key")
	create(t, v, key)
	ok(t, v.Close())
	ok(t, v.Close())
	_, err := v.Key(t.Context(), key)
	want(t, err, vault.ErrUnavailable)
	_, err = v.Keys(t.Context(), key)
	want(t, err, vault.ErrUnavailable)
	_, err = v.CreateKeys(t.Context(), key)
	want(t, err, vault.ErrUnavailable)
	want(t, v.DestroyKeys(t.Context(), key), vault.ErrUnavailable)
	want(t, v.PutSecret(t.Context(), name("secret"), nil), vault.ErrUnavailable)
	want(t, v.Ping(t.Context()), vault.ErrUnavailable)
}
