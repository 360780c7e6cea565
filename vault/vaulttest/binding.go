package vaulttest

import (
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
)

// binding: within a log a vault's position only moves forward, and another log replaces it.
func binding(t *testing.T, e Engine) {
	v, is := e.Open(t).(vault.Binder)
	if !is {
		t.Fatal("the engine does not record its log")
	}
	expect := func(want vault.Binding) {
		t.Helper()
		got, err := v.Binding(t.Context())
		ok(t, err)
		if got != want {
			t.Errorf("bound to %+v, want %+v", got, want)
		}
	}
	log, other := uuid.New(), uuid.New()
	begins := vault.Binding{Log: log}
	first := vault.Binding{Log: log, Commit: 7, Prepare: 7, Event: uuid.New()}
	second := vault.Binding{Log: log, Commit: 9, Prepare: 8, Event: uuid.New()}
	third := vault.Binding{Log: log, Commit: 9, Prepare: 9, Event: uuid.New()}
	for _, b := range []vault.Binding{begins, first, second, third} {
		ok(t, v.Bind(t.Context(), b))
		expect(b)
	}
	for _, b := range []vault.Binding{begins, first, second, third} {
		ok(t, v.Bind(t.Context(), b))
		expect(third)
	}
	third.List = vault.Listed{Entries: 4, Hash: [32]byte{7}}
	ok(t, v.Bind(t.Context(), third))
	expect(third)
	ok(t, v.Bind(t.Context(), first))
	expect(third)
	another := vault.Binding{Log: other, Commit: 1, Prepare: 1, Event: uuid.New()}
	ok(t, v.Bind(t.Context(), another))
	another.List = third.List
	expect(another)
	before, err := v.Before(t.Context())
	ok(t, err)
	if len(before) == 0 || before[len(before)-1] != log {
		t.Errorf("it belonged to %v before, want %s last", before, log)
	}
	v, is = e.Reopen(t, v.(vault.Vault)).(vault.Binder) // it came from there
	if !is {
		t.Fatal("the engine does not record its log")
	}
	expect(another)
}
