package vaulttest

import (
	"bytes"
	"testing"

	"accountledger/vault"
)

func secretsAreReplaced(t *testing.T, e Engine) {
	v := e.Open(t)
	n := name("password")
	_, err := v.Secret(t.Context(), n)
	want(t, err, vault.ErrNotFound)
	// The same size, then larger, then smaller, then empty.
	for _, size := range []int{100, 101, 3000, 20, vault.MaxSecretBytes, 0} {
		secret := bytes.Repeat([]byte{byte(size), 0, 0xff}, size/3+1)[:size]
		ok(t, v.PutSecret(t.Context(), n, secret))
		for range 2 {
			got, err := v.Secret(t.Context(), n)
			ok(t, err)
			if !bytes.Equal(got, secret) {
				t.Fatalf("a secret of %d bytes came back changed", size)
			}
			v = e.Reopen(t, v)
		}
	}
}

func destroyedSecretsStayDestroyed(t *testing.T, e Engine) {
	v := e.Open(t)
	put, never, kept := name("password"), name("password"), name("password")
	ok(t, v.PutSecret(t.Context(), put, []byte("one")))
	ok(t, v.PutSecret(t.Context(), put, bytes.Repeat([]byte("two"), 200)))
	ok(t, v.PutSecret(t.Context(), kept, []byte("three")))
	ok(t, v.DestroySecrets(t.Context()))
	ok(t, v.DestroySecrets(t.Context(), put, never, put))
	ok(t, v.DestroySecrets(t.Context(), put))
	for range 2 {
		for _, n := range []string{put, never} {
			_, err := v.Secret(t.Context(), n)
			want(t, err, vault.ErrDestroyed)
			want(t, v.PutSecret(t.Context(), n, []byte("four")), vault.ErrDestroyed)
		}
		got, err := v.Secret(t.Context(), kept)
		ok(t, err)
		if string(got) != "three" {
			t.Fatal("a neighbour was touched")
		}
		v = e.Reopen(t, v)
	}
	// Keys and secrets are two sets of names.
	create(t, v, put)
}

func secretLimits(t *testing.T, e Engine) {
	v := e.Open(t)
	n := name("password")
	want(t, v.PutSecret(t.Context(), n, make([]byte, vault.MaxSecretBytes+1)), vault.ErrInvalid)
	_, err := v.Secret(t.Context(), n)
	want(t, err, vault.ErrNotFound)
	secret := []byte("mine")
	ok(t, v.PutSecret(t.Context(), n, secret))
	copy(secret, "gone")
	got, err := v.Secret(t.Context(), n)
	ok(t, err)
	got[0] = 'X'
	got, err = v.Secret(t.Context(), n)
	ok(t, err)
	if string(got) != "mine" {
		t.Fatal("the vault shares its bytes with a caller")
	}
}
