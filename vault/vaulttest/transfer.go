package vaulttest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
)

// PortableEngine is the transferring suite's access to an engine.
type PortableEngine struct {
	// Open returns a new vault, created under master, and closes it when the test ends.
	Open func(t *testing.T, master *vault.MasterKey) vault.Portable
}

// RunTransfer is the suite for transferring a vault from one engine to another.
func RunTransfer(t *testing.T, from, to PortableEngine) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, from, to PortableEngine)
	}{
		{"EverythingIsTransferred", everythingIsTransferred},
		{"LoadingAgainFollowsTheSource", loadingAgainFollowsTheSource},
		{"WhatIsOccupiedIsRefused", occupiedIsRefused},
		{"RowsNeedTheirMasterKey", rowsNeedTheirMasterKey},
		{"MasterKeysOfTheSourceCount", mastersOfTheSourceCount},
		{"AnErrorEndsTheDump", errorEndsTheDump},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, from, to) })
	}
}

func dump(t *testing.T, v vault.Portable) []vault.Row {
	t.Helper()
	var all []vault.Row
	ok(t, v.Dump(t.Context(), func(rows []vault.Row) error {
		if len(rows) == 0 || len(rows) > vault.RowsAtOnce {
			t.Errorf("%d rows at a time", len(rows))
		}
		all = append(all, rows...)
		return nil
	}))
	return all
}

func transfer(t *testing.T, from, to vault.Portable) {
	t.Helper()
	ok(t, from.Dump(t.Context(), func(rows []vault.Row) error { return to.Load(t.Context(), from.Keyring(), rows) }))
}

func everythingIsTransferred(t *testing.T, from, to PortableEngine) {
	a, b := from.Open(t, newMaster(t)), to.Open(t, newMaster(t))
	if a.VaultID() == b.VaultID() || a.VaultID() == uuid.Nil {
		t.Fatal("two vaults have one id")
	}
	c := fill(t, a, 2*vault.RowsAtOnce+5)
	begun := time.Now()
	transfer(t, a, b)
	c.in(t, b)
	c.in(t, a)
	if before, after := census(t, a), census(t, b); before != after {
		t.Fatalf("%+v became %+v", before, after)
	}
	for _, r := range dump(t, b) {
		switch {
		case r.Kind == vault.KindIdentifier:
		case r.At.IsZero() || r.At.After(begun):
			t.Fatalf("a %s of %s", r.Kind, r.At)
		case r.Destroyed && (r.ID != uuid.Nil || r.Master != uuid.Nil || len(r.Wrapped) > 0):
			t.Fatal("a tombstone holds something")
		}
	}
}

// counts are how many rows there are of each kind.
type counts struct{ keys, secrets, identifiers, goneKeys, goneSecrets int }

func census(t *testing.T, v vault.Portable) (n counts) {
	t.Helper()
	for _, r := range dump(t, v) {
		switch {
		case r.Kind == vault.KindIdentifier:
			n.identifiers++
		case r.Kind == vault.KindKey && r.Destroyed:
			n.goneKeys++
		case r.Kind == vault.KindKey:
			n.keys++
		case r.Destroyed:
			n.goneSecrets++
		default:
			n.secrets++
		}
	}
	return n
}

func loadingAgainFollowsTheSource(t *testing.T, from, to PortableEngine) {
	a, b := from.Open(t, newMaster(t)), to.Open(t, newMaster(t))
	keep, lose, secret, gone := name("keep"), name("lose"), name("secret"), name("gone")
	keys := create(t, a, keep, lose)
	ok(t, a.PutSecret(t.Context(), secret, []byte("first")))
	ok(t, a.PutSecret(t.Context(), gone, []byte("gone")))
	earlier := dump(t, a)
	transfer(t, a, b)
	transfer(t, a, b)
	_, err := b.Key(t.Context(), lose)
	ok(t, err)

	ok(t, a.DestroyKeys(t.Context(), lose))
	ok(t, a.DestroySecrets(t.Context(), gone))
	ok(t, a.PutSecret(t.Context(), secret, make([]byte, 1000)))
	transfer(t, a, b)
	got, err := b.Secret(t.Context(), secret)
	ok(t, err)
	if len(got) != 1000 {
		t.Fatal("the earlier secret")
	}
	check := func() {
		t.Helper()
		k, err := b.Key(t.Context(), keep)
		ok(t, err)
		same(t, k, keys[0])
		_, err = b.Key(t.Context(), lose)
		want(t, err, vault.ErrDestroyed)
		_, err = b.Secret(t.Context(), gone)
		want(t, err, vault.ErrDestroyed)
		_, err = b.CreateKeys(t.Context(), lose)
		want(t, err, vault.ErrDestroyed)
	}
	check()
	// Earlier rows do not bring back what was destroyed.
	ok(t, b.Load(t.Context(), a.Keyring(), earlier))
	check()
}

func occupiedIsRefused(t *testing.T, from, to PortableEngine) {
	a, b := from.Open(t, newMaster(t)), to.Open(t, newMaster(t))
	key, other := name("key"), name("other")
	create(t, a, other, key)
	create(t, b, key)
	want(t, b.Load(t.Context(), a.Keyring(), dump(t, a)), vault.ErrOccupied)
	_, err := b.Key(t.Context(), other)
	want(t, err, vault.ErrNotFound) // all or none

	a, b = from.Open(t, newMaster(t)), to.Open(t, newMaster(t))
	d, claim := digest(), uuid.New()
	_, err = a.InsertIdentifier(t.Context(), d, claim)
	ok(t, err)
	_, err = b.InsertIdentifier(t.Context(), d, uuid.New())
	ok(t, err)
	want(t, b.Load(t.Context(), a.Keyring(), dump(t, a)), vault.ErrOccupied)

	b = to.Open(t, newMaster(t))
	_, err = b.InsertIdentifier(t.Context(), digest(), claim)
	ok(t, err)
	want(t, b.Load(t.Context(), a.Keyring(), dump(t, a)), vault.ErrOccupied)
}

func rowsNeedTheirMasterKey(t *testing.T, from, to PortableEngine) {
	a, b := from.Open(t, newMaster(t)), to.Open(t, newMaster(t))
	create(t, a, name("key"))
	want(t, b.Load(t.Context(), b.Keyring(), dump(t, a)), vault.ErrMasterKey)
	rows := dump(t, a)
	rows[0].Wrapped[20] ^= 1
	want(t, b.Load(t.Context(), a.Keyring(), rows), vault.ErrCorrupt)
}

func mastersOfTheSourceCount(t *testing.T, from, to PortableEngine) {
	old := newMaster(t)
	a, b := from.Open(t, old), to.Open(t, newMaster(t))
	states, err := a.Masters(t.Context())
	ok(t, err)
	destroyed := states[0].BeganAt
	for range 2 {
		ok(t, b.LoadMasters(t.Context(), states))
	}
	states, err = b.Masters(t.Context())
	ok(t, err)
	if len(states) != 2 || vault.Final(states, destroyed) {
		t.Fatalf("%+v", states)
	}
	for _, s := range states {
		if s.Current == (s.ID == old.ID) || s.EndedAt.IsZero() != s.Current {
			t.Errorf("%+v", s)
		}
	}
	ok(t, b.MasterDestroyed(t.Context(), old.ID))

	// If the master key stays the same, the new vault dates it from when the source did.
	c := to.Open(t, old)
	ok(t, c.LoadMasters(t.Context(), []vault.MasterState{{ID: old.ID, BeganAt: destroyed.Add(-time.Hour), Current: true}}))
	states, err = c.Masters(t.Context())
	ok(t, err)
	if len(states) != 1 || !states[0].Current || !states[0].EndedAt.IsZero() || !states[0].BeganAt.Before(destroyed) {
		t.Errorf("%+v", states)
	}
}

func errorEndsTheDump(t *testing.T, from, _ PortableEngine) {
	a := from.Open(t, newMaster(t))
	fill(t, a, 3)
	mine := errors.New("mine")
	calls := 0
	want(t, a.Dump(t.Context(), func([]vault.Row) error { calls++; return mine }), mine)
	if calls != 1 {
		t.Errorf("%d calls", calls)
	}
}
