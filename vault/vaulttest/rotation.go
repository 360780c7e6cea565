package vaulttest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
)

// RotatingEngine is the rotation suite's access to an engine.
type RotatingEngine struct {
	// Open returns a new vault, created under newest, and closes it when the test ends.
	Open func(t *testing.T, newest *vault.MasterKey) vault.Rotator
	// Reopen closes v as a restart of the process would, and opens it with other master keys.
	Reopen func(t *testing.T, v vault.Rotator, newest *vault.MasterKey, older ...*vault.MasterKey) (vault.Rotator, error)
}

// RunRotation is the suite for an engine whose master key can be replaced.
func RunRotation(t *testing.T, e RotatingEngine) {
	t.Helper()
	for _, c := range []struct {
		name string
		test func(t *testing.T, e RotatingEngine)
	}{
		{"SurvivorsNeedTheNewKeyAlone", survivorsNeedTheNewKeyAlone},
		{"AnInterruptedRotationIsResumed", interruptedRotationIsResumed},
		{"WorkGoesOnMeanwhile", workGoesOnMeanwhile},
		{"MasterKeysAreAccountedFor", masterKeysAreAccountedFor},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, e) })
	}
}

// contents are things of every kind and what a vault must return for them.
type contents struct {
	keys      []*vault.Key
	gone      []string // destroyed keys and secrets
	secrets   map[string][]byte
	claims    map[vault.Digest]uuid.UUID
	unclaimed vault.Digest
}

func fill(t *testing.T, v vault.Vault, keys int) *contents {
	t.Helper()
	c := &contents{secrets: map[string][]byte{}, claims: map[vault.Digest]uuid.UUID{}, unclaimed: digest()}
	names := make([]string, keys)
	for i := range names {
		names[i] = name("account")
	}
	c.keys = create(t, v, names...)
	for i := range 4 {
		c.gone = append(c.gone, name("gone"))
		ok(t, v.PutSecret(t.Context(), c.gone[i], []byte("gone")))
	}
	create(t, v, c.gone...)
	ok(t, v.DestroyKeys(t.Context(), c.gone...))
	ok(t, v.DestroySecrets(t.Context(), c.gone...))
	for i := range 4 {
		n := name("secret")
		c.secrets[n] = bytes.Repeat([]byte{byte(i)}, i*400)
		ok(t, v.PutSecret(t.Context(), n, c.secrets[n]))
		d := digest()
		c.claims[d] = uuid.New()
		_, err := v.InsertIdentifier(t.Context(), d, c.claims[d])
		ok(t, err)
	}
	claim := uuid.New()
	_, err := v.InsertIdentifier(t.Context(), c.unclaimed, claim)
	ok(t, err)
	ok(t, v.DeleteIdentifier(t.Context(), claim))
	return c
}

// in checks that a vault has the contents.
func (c *contents) in(t *testing.T, v vault.Vault) {
	t.Helper()
	for _, k := range c.keys {
		got, err := v.Key(t.Context(), k.Name)
		ok(t, err)
		same(t, got, k)
	}
	for _, n := range c.gone {
		_, err := v.Key(t.Context(), n)
		want(t, err, vault.ErrDestroyed)
		_, err = v.CreateKeys(t.Context(), n)
		want(t, err, vault.ErrDestroyed)
		_, err = v.Secret(t.Context(), n)
		want(t, err, vault.ErrDestroyed)
	}
	for n, s := range c.secrets {
		got, err := v.Secret(t.Context(), n)
		ok(t, err)
		if !bytes.Equal(got, s) {
			t.Fatal("another secret")
		}
	}
	for d, claim := range c.claims {
		got, err := v.InsertIdentifier(t.Context(), d, uuid.New())
		ok(t, err)
		if got != claim {
			t.Fatal("another claim")
		}
		_, err = v.InsertIdentifier(t.Context(), digest(), claim)
		want(t, err, vault.ErrInvalid)
	}
	_, err := v.Identifier(t.Context(), c.unclaimed)
	want(t, err, vault.ErrNotFound)
}

func survivorsNeedTheNewKeyAlone(t *testing.T, e RotatingEngine) {
	old, next := newMaster(t), newMaster(t)
	v := e.Open(t, old)
	c := fill(t, v, 300)
	var last vault.RotationProgress
	ok(t, v.Rotate(t.Context(), next, func(p vault.RotationProgress) { last = p }))
	if last.Done != last.Total || last.Done < 300 || last.Damaged != 0 {
		t.Fatalf("progress ended at %+v", last)
	}
	c.in(t, v)
	v, err := e.Reopen(t, v, next)
	ok(t, err)
	c.in(t, v)
	for d, claim := range c.claims { // found by its claim under the new master key too
		ok(t, v.DeleteIdentifier(t.Context(), claim))
		_, err := v.Identifier(t.Context(), d)
		want(t, err, vault.ErrNotFound)
	}
	ok(t, v.Rotate(t.Context(), next, nil))
	_, err = e.Reopen(t, v, old)
	want(t, err, vault.ErrMasterKey)
}

func interruptedRotationIsResumed(t *testing.T, e RotatingEngine) {
	old, next := newMaster(t), newMaster(t)
	v := e.Open(t, old)
	c := fill(t, v, 600)
	ctx, cancel := context.WithCancel(t.Context())
	var first vault.RotationProgress
	err := v.Rotate(ctx, next, func(p vault.RotationProgress) {
		if p.Done > 0 {
			first = p
			cancel()
		}
	})
	want(t, err, context.Canceled)
	if first.Done >= first.Total {
		t.Fatalf("nothing was interrupted at %+v", first)
	}
	c.in(t, v) // under two master keys
	create(t, v, name("account"))
	ok(t, v.Close())
	for _, one := range []*vault.MasterKey{old, next} {
		_, err := e.Reopen(t, v, one)
		want(t, err, vault.ErrMasterKey)
	}
	v, err = e.Reopen(t, v, next, old)
	ok(t, err)
	c.in(t, v)
	var second vault.RotationProgress
	ok(t, v.Rotate(t.Context(), next, func(p vault.RotationProgress) { second = p }))
	if second.Total >= first.Total || second.Done != second.Total {
		t.Fatalf("%+v after %+v", second, first)
	}
	v, err = e.Reopen(t, v, next)
	ok(t, err)
	c.in(t, v)
}

// workGoesOnMeanwhile rotates repeatedly while every kind of call is made.
func workGoesOnMeanwhile(t *testing.T, e RotatingEngine) {
	master := newMaster(t)
	v := e.Open(t, master)
	c := fill(t, v, 300)
	var all contents
	all.secrets, all.claims, all.unclaimed = map[string][]byte{}, map[vault.Digest]uuid.UUID{}, digest()
	var mu sync.Mutex
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				default:
				}
				kept, gone, secret, d, claim := name("kept"), name("gone"), name("secret"), digest(), uuid.New()
				text := fmt.Append(nil, "secret ", i)
				keys, err := v.CreateKeys(t.Context(), kept, gone)
				again, err2 := v.CreateKeys(t.Context(), kept)
				held, err3 := v.InsertIdentifier(t.Context(), d, claim)
				back, err4 := v.Identifier(t.Context(), d)
				err = errors.Join(err, err2, err3, err4, v.DestroyKeys(t.Context(), gone),
					v.PutSecret(t.Context(), secret, []byte("earlier")), v.PutSecret(t.Context(), secret, text),
					v.PutSecret(t.Context(), gone, text), v.DestroySecrets(t.Context(), gone))
				if err != nil || !alike(again[0], keys[0]) || held != claim || back != claim {
					t.Errorf("error %v, or another key or claim", err)
					return
				}
				mu.Lock()
				all.keys, all.gone = append(all.keys, keys[0]), append(all.gone, gone)
				all.secrets[secret], all.claims[d] = text, claim
				mu.Unlock()
			}
		})
	}
	for range 3 {
		master = newMaster(t)
		err := v.Rotate(t.Context(), master, nil)
		if err != nil {
			t.Error(err)
		}
	}
	close(done)
	wg.Wait()
	all.in(t, v)
	v, err := e.Reopen(t, v, master)
	ok(t, err)
	c.in(t, v)
	all.in(t, v)
}

func masterKeysAreAccountedFor(t *testing.T, e RotatingEngine) {
	old, next := newMaster(t), newMaster(t)
	v := e.Open(t, old)
	create(t, v, name("account"), name("account"))
	states, err := v.Masters(t.Context())
	ok(t, err)
	rows, err := v.RowsUnder(t.Context())
	ok(t, err)
	if len(states) != 1 || states[0].ID != old.ID || !states[0].Current || len(rows) != 1 || rows[old.ID] < 2 || states[0].BeganAt.IsZero() ||
		!states[0].EndedAt.IsZero() || !states[0].DestroyedAt.IsZero() || !states[0].MadeAt.Equal(old.MadeAt) {
		t.Fatalf("%+v", states)
	}
	destroyed := states[0].BeganAt
	want(t, v.MasterDestroyed(t.Context(), old.ID), vault.ErrInUse)
	want(t, v.MasterDestroyed(t.Context(), next.ID), vault.ErrNotFound)

	ok(t, v.Rotate(t.Context(), next, nil))
	ok(t, v.Rotate(t.Context(), old, nil)) // back
	want(t, v.MasterDestroyed(t.Context(), old.ID), vault.ErrInUse)
	ok(t, v.Rotate(t.Context(), next, nil))
	states, err = v.Masters(t.Context())
	ok(t, err)
	under := rows[old.ID]
	rows, err = v.RowsUnder(t.Context())
	ok(t, err)
	if len(states) != 2 || states[0].ID != old.ID || states[0].Current || len(rows) != 1 || states[0].EndedAt.IsZero() ||
		states[1].ID != next.ID || !states[1].Current || rows[next.ID] != under || !states[1].EndedAt.IsZero() {
		t.Fatalf("%+v", states)
	}
	if vault.Final(states, destroyed) || vault.Final(nil, destroyed) {
		t.Fatal("final while the old master key opens it")
	}
	want(t, v.MasterDestroyed(t.Context(), next.ID), vault.ErrInUse)
	for range 2 {
		ok(t, v.MasterDestroyed(t.Context(), old.ID))
	}
	want(t, v.Rotate(t.Context(), old, nil), vault.ErrMasterKey)
	states, err = v.Masters(t.Context())
	ok(t, err)
	if states[0].DestroyedAt.IsZero() {
		t.Fatalf("%+v", states)
	}
	if vault.Final(states, destroyed) {
		t.Fatal("final although the next master key began within the time that clocks may be apart")
	}
	states[1].BeganAt = destroyed.Add(vault.ClocksApart + 1)
	if !vault.Final(states, destroyed) {
		t.Fatal("not final although no master key is left")
	}
	v, err = e.Reopen(t, v, next)
	ok(t, err)
	ok(t, v.Ping(t.Context()))
}

func newMaster(t *testing.T) *vault.MasterKey {
	t.Helper()
	m, err := vault.NewMasterKey()
	ok(t, err)
	return m
}
