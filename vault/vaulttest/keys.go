package vaulttest

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"accountledger/vault"
)

func keysAreMadeOnce(t *testing.T, e Engine) {
	v := e.Open(t)
	a, b := name("account"), name("account")
	_, err := v.Key(t.Context(), a)
	want(t, err, vault.ErrNotFound)
	first := create(t, v, a)[0]
	if first.Name != a || first.Material() == [vault.KeyBytes]byte{} {
		t.Fatal("not a key")
	}
	other := create(t, v, b)[0]
	if other.ID == first.ID || other.Material() == first.Material() {
		t.Fatal("two names, one key")
	}
	same(t, create(t, v, a)[0], first)
	got, err := v.Key(t.Context(), a)
	ok(t, err)
	same(t, got, first)

	v = e.Reopen(t, v)
	got, err = v.Key(t.Context(), a)
	ok(t, err)
	same(t, got, first)
	same(t, create(t, v, a)[0], first)
	if keys, err := v.CreateKeys(t.Context()); err != nil || len(keys) != 0 {
		t.Fatalf("no names gave %d keys, error %v", len(keys), err)
	}
}

func keysComeInOrder(t *testing.T, e Engine) {
	v := e.Open(t)
	const n = 300
	names := make([]string, n)
	for i := range names {
		names[i] = name("account")
	}
	create(t, v, names[0], names[n-1], names[n/2])
	keys := create(t, v, append(names, names[0])...) // one name twice
	for i, k := range keys {
		if k.Name != names[i%n] {
			t.Fatalf("key %d has another name", i)
		}
	}
	same(t, keys[n], keys[0])

	v = e.Reopen(t, v)
	lost := name("account")
	ok(t, v.DestroyKeys(t.Context(), names[7]))
	got, err := v.Keys(t.Context(), append([]string{lost, names[n-1]}, names...)...)
	ok(t, err)
	if len(got) != n+2 || got[0] != nil || got[2+7] != nil {
		t.Fatal("a key that is not there, or was destroyed, was given")
	}
	same(t, got[1], keys[n-1])
	for i := range names {
		if i != 7 {
			same(t, got[i+2], keys[i])
		}
	}
}

func keysOfManyCallers(t *testing.T, e Engine) {
	v := e.Open(t)
	const callers = 16
	shared := []string{name("month"), name("account"), name("account")}
	got := make([][]*vault.Key, callers)
	own := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		own[i] = name("account")
		wg.Go(func() {
			names := []string{shared[i%3], own[i], shared[(i+1)%3], shared[(i+2)%3]}
			keys, err := v.CreateKeys(t.Context(), names...)
			if err != nil {
				t.Error(err)
				return
			}
			got[i] = keys
		})
	}
	wg.Wait()
	v = e.Reopen(t, v)
	for i, keys := range got {
		if keys == nil {
			continue
		}
		for _, k := range keys {
			stored, err := v.Key(t.Context(), k.Name)
			ok(t, err)
			same(t, k, stored)
		}
		if keys[1].Name != own[i] {
			t.Fatal("out of order")
		}
	}
}

func destroyedKeysStayDestroyed(t *testing.T, e Engine) {
	v := e.Open(t)
	made, never := name("account"), name("account")
	create(t, v, made)
	ok(t, v.DestroyKeys(t.Context()))
	ok(t, v.DestroyKeys(t.Context(), made, never, made))
	ok(t, v.DestroyKeys(t.Context(), made))
	for range 2 {
		for _, n := range []string{made, never} {
			_, err := v.Key(t.Context(), n)
			want(t, err, vault.ErrDestroyed)
			_, err = v.CreateKeys(t.Context(), n)
			want(t, err, vault.ErrDestroyed)
			keys, err := v.Keys(t.Context(), n, n)
			ok(t, err)
			if len(keys) != 2 || keys[0] != nil || keys[1] != nil {
				t.Fatal("a destroyed key was given")
			}
		}
		v = e.Reopen(t, v)
	}
}

func destroyedNameFailsItsWholeCall(t *testing.T, e Engine) {
	v := e.Open(t)
	before, gone, after := name("account"), name("account"), name("account")
	ok(t, v.DestroyKeys(t.Context(), gone))
	_, err := v.CreateKeys(t.Context(), before, gone, after)
	want(t, err, vault.ErrDestroyed)
	for _, n := range []string{before, after} {
		_, err := v.Key(t.Context(), n)
		want(t, err, vault.ErrNotFound)
	}
	create(t, v, before, after)
}

func neighboursOfAFailureSucceed(t *testing.T, e Engine) {
	v := e.Open(t)
	gone := name("account")
	ok(t, v.DestroyKeys(t.Context(), gone))
	const callers = 32
	names := make([]string, callers)
	var wg sync.WaitGroup
	for i := range callers {
		names[i] = name("account")
		wg.Go(func() {
			if i%2 == 0 {
				if _, err := v.CreateKeys(t.Context(), names[i], gone); !errors.Is(err, vault.ErrDestroyed) {
					t.Errorf("error %v, want %v", err, vault.ErrDestroyed)
				}
				return
			}
			if _, err := v.CreateKeys(t.Context(), names[i]); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i, n := range names {
		_, err := v.Key(t.Context(), n)
		if i%2 == 0 {
			want(t, err, vault.ErrNotFound)
		} else {
			ok(t, err)
		}
	}
}

// noKeyAfterItsDestruction reads keys while they are destroyed: a read that starts after the
// destruction was acknowledged is refused, even while earlier reads are under way.
func noKeyAfterItsDestruction(t *testing.T, e Engine) {
	v := e.Open(t)
	const rounds = 10
	for range rounds {
		n := name("account")
		create(t, v, n)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				for ctx.Err() == nil {
					_, one := v.Key(ctx, n)
					_, many := v.Keys(ctx, n)
					if many != nil && ctx.Err() == nil {
						t.Error(many)
					}
					if one != nil && !errors.Is(one, vault.ErrDestroyed) && ctx.Err() == nil {
						t.Error(one)
					}
				}
			})
		}
		ok(t, v.DestroyKeys(t.Context(), n))
		for range 10 {
			_, err := v.Key(t.Context(), n)
			want(t, err, vault.ErrDestroyed)
			keys, err := v.Keys(t.Context(), n)
			ok(t, err)
			if keys[0] != nil {
				t.Fatal("a destroyed key was given")
			}
		}
		cancel()
		wg.Wait()
	}
}

func keyNames(t *testing.T, e Engine) {
	v := e.Open(t)
	u := name("")
	names := []string{
		u + " ", u + "\x00", u + "\x00\x00", u + "é", u + "e\u0301", u + "É", u + "\xff\xfe",
		u + "'; DROP TABLE keys; --", u + "%", u + "_", u + "\n", u + "\U0001F511",
		u + strings.Repeat("x", vault.MaxNameBytes-len(u)),
	}
	keys := create(t, v, names...)
	v = e.Reopen(t, v)
	for i, n := range names {
		k, err := v.Key(t.Context(), n)
		ok(t, err)
		same(t, k, keys[i])
		for j := range i {
			if keys[j].ID == k.ID {
				t.Fatalf("names %d and %d share a key", i, j)
			}
		}
		if got := fmt.Sprintf("%v %s %+v %#v %x %d %q", k, k, *k, k, k, *k, k); strings.Count(got, n) != 7 || len(got) != 7*len(n)+6 {
			t.Fatalf("name %d prints as something else", i)
		}
	}
	for _, n := range []string{"", u + strings.Repeat("x", vault.MaxNameBytes-len(u)+1)} {
		_, err := v.CreateKeys(t.Context(), names[0], n)
		want(t, err, vault.ErrInvalid)
		_, err = v.Key(t.Context(), n)
		want(t, err, vault.ErrInvalid)
		_, err = v.Keys(t.Context(), n)
		want(t, err, vault.ErrInvalid)
		want(t, v.DestroyKeys(t.Context(), n), vault.ErrInvalid)
		want(t, v.PutSecret(t.Context(), n, nil), vault.ErrInvalid)
		_, err = v.Secret(t.Context(), n)
		want(t, err, vault.ErrInvalid)
		want(t, v.DestroySecrets(t.Context(), n), vault.ErrInvalid)
	}
}
