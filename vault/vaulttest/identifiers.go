package vaulttest

import (
	"sync"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
)

func identifierHasOneClaim(t *testing.T, e Engine) {
	v := e.Open(t)
	d, first := digest(), uuid.New()
	_, err := v.Identifier(t.Context(), d)
	want(t, err, vault.ErrNotFound)
	held, err := v.InsertIdentifier(t.Context(), d, first)
	ok(t, err)
	if held != first {
		t.Fatal("another claim")
	}
	for range 2 {
		held, err = v.InsertIdentifier(t.Context(), d, uuid.New())
		ok(t, err)
		if held != first {
			t.Fatal("the claim was replaced")
		}
		held, err = v.Identifier(t.Context(), d)
		ok(t, err)
		if held != first {
			t.Fatal("another claim")
		}
		v = e.Reopen(t, v)
	}
	_, err = v.InsertIdentifier(t.Context(), digest(), first)
	want(t, err, vault.ErrInvalid)
	_, err = v.InsertIdentifier(t.Context(), digest(), uuid.Nil)
	want(t, err, vault.ErrInvalid)
	want(t, v.DeleteIdentifier(t.Context(), uuid.Nil), vault.ErrInvalid)
}

func identifierRaceHasOneWinner(t *testing.T, e Engine) {
	v := e.Open(t)
	const callers = 16
	for range 5 {
		d := digest()
		var claims, held [callers]uuid.UUID
		var wg sync.WaitGroup
		for i := range callers {
			claims[i] = uuid.New()
			wg.Go(func() {
				var err error
				if held[i], err = v.InsertIdentifier(t.Context(), d, claims[i]); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		winners := 0
		for i := range callers {
			if held[i] != held[0] {
				t.Fatal("two winners")
			}
			if held[i] == claims[i] {
				winners++
			}
		}
		if winners != 1 {
			t.Fatalf("%d winners", winners)
		}
	}
}

func identifierIsDeletedByItsClaim(t *testing.T, e Engine) {
	v := e.Open(t)
	d, other := digest(), digest()
	old, next, kept := uuid.New(), uuid.New(), uuid.New()
	for digest, claim := range map[vault.Digest]uuid.UUID{d: old, other: kept} {
		_, err := v.InsertIdentifier(t.Context(), digest, claim)
		ok(t, err)
	}
	ok(t, v.DeleteIdentifier(t.Context(), uuid.New())) // unused
	ok(t, v.DeleteIdentifier(t.Context(), old))
	_, err := v.Identifier(t.Context(), d)
	want(t, err, vault.ErrNotFound)

	held, err := v.InsertIdentifier(t.Context(), d, next)
	ok(t, err)
	if held != next {
		t.Fatal("the deleted claim came back")
	}
	ok(t, v.DeleteIdentifier(t.Context(), old)) // it is already gone
	v = e.Reopen(t, v)
	held, err = v.Identifier(t.Context(), d)
	ok(t, err)
	if held != next {
		t.Fatal("another claim")
	}
	held, err = v.Identifier(t.Context(), other)
	ok(t, err)
	if held != kept {
		t.Fatal("a neighbour was deleted")
	}
}

// digestsThatBeginAlike differ only in their last byte, and their claims only in their first.
func digestsThatBeginAlike(t *testing.T, e Engine) {
	v := e.Open(t)
	d, claim := digest(), uuid.New()
	const n = 8
	for i := range n {
		d[31], claim[0] = byte(i), byte(i)
		held, err := v.InsertIdentifier(t.Context(), d, claim)
		ok(t, err)
		if held != claim {
			t.Fatal("another claim")
		}
	}
	claim[0] = 3
	ok(t, v.DeleteIdentifier(t.Context(), claim))
	for i := range n {
		d[31], claim[0] = byte(i), byte(i)
		held, err := v.Identifier(t.Context(), d)
		if i == 3 {
			want(t, err, vault.ErrNotFound)
			continue
		}
		ok(t, err)
		if held != claim {
			t.Fatal("another claim")
		}
	}
}
