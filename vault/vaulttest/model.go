package vaulttest

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/vault"
)

// likeTheModel makes random calls on a vault and on maps, and compares the answers.
func likeTheModel(t *testing.T, e Engine) {
	v := e.Open(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{v: v, keys: map[string]*vault.Key{}, secrets: map[string][]byte{}, claims: map[vault.Digest]uuid.UUID{}}
		for range 3 {
			m.names = append(m.names, name("model"))
			m.digests = append(m.digests, digest())
			m.free = append(m.free, uuid.New())
		}
		// Few steps a run: each is a write on disk, and there are three of everything.
		for range rapid.IntRange(1, 15).Draw(rt, "steps") {
			rapid.SampledFrom([]func(*rapid.T){
				m.createKeys, m.destroyKeys, m.putSecret, m.destroySecret, m.insert, m.remove,
			}).Draw(rt, "step")(rt)
		}
		m.read(rt)
	})
}

// model is what the vault should hold; nil is a tombstone.
type model struct {
	v       vault.Vault
	names   []string
	digests []vault.Digest
	free    []uuid.UUID
	keys    map[string]*vault.Key
	secrets map[string][]byte
	claims  map[vault.Digest]uuid.UUID
}

func (m *model) createKeys(t *rapid.T) {
	names := rapid.SliceOfN(rapid.SampledFrom(m.names), 1, 4).Draw(t, "names")
	keys, err := m.v.CreateKeys(t.Context(), names...)
	for _, n := range names {
		if k, there := m.keys[n]; there && k == nil {
			expect(t, err, vault.ErrDestroyed)
			return
		}
	}
	expect(t, err, nil)
	for i, n := range names {
		if k := m.keys[n]; k == nil {
			m.keys[n] = keys[i]
		}
		if !alike(m.keys[n], keys[i]) {
			t.Fatal("another key")
		}
	}
}

func (m *model) destroyKeys(t *rapid.T) {
	names := rapid.SliceOfN(rapid.SampledFrom(m.names), 1, 2).Draw(t, "names")
	expect(t, m.v.DestroyKeys(t.Context(), names...), nil)
	for _, n := range names {
		m.keys[n] = nil
	}
}

func (m *model) putSecret(t *rapid.T) {
	n := rapid.SampledFrom(m.names).Draw(t, "name")
	secret := rapid.SliceOfN(rapid.Byte(), 0, 600).Draw(t, "secret")
	err := m.v.PutSecret(t.Context(), n, secret)
	if s, there := m.secrets[n]; there && s == nil {
		expect(t, err, vault.ErrDestroyed)
		return
	}
	expect(t, err, nil)
	m.secrets[n] = append([]byte{}, secret...)
}

func (m *model) destroySecret(t *rapid.T) {
	n := rapid.SampledFrom(m.names).Draw(t, "name")
	expect(t, m.v.DestroySecrets(t.Context(), n), nil)
	m.secrets[n] = nil
}

func (m *model) insert(t *rapid.T) {
	d := rapid.SampledFrom(m.digests).Draw(t, "digest")
	claim := rapid.SampledFrom(m.free).Draw(t, "claim")
	held, err := m.v.InsertIdentifier(t.Context(), d, claim)
	if had, there := m.claims[d]; there {
		expect(t, err, nil)
		if held != had {
			t.Fatal("the claim was replaced")
		}
		return
	}
	for _, other := range m.claims {
		if other == claim {
			expect(t, err, vault.ErrInvalid)
			return
		}
	}
	expect(t, err, nil)
	if held != claim {
		t.Fatal("another claim")
	}
	m.claims[d] = claim
}

func (m *model) remove(t *rapid.T) {
	claim := rapid.SampledFrom(m.free).Draw(t, "claim")
	expect(t, m.v.DeleteIdentifier(t.Context(), claim), nil)
	for d, held := range m.claims {
		if held == claim {
			delete(m.claims, d)
		}
	}
}

func (m *model) read(t *rapid.T) {
	keys, err := m.v.Keys(t.Context(), m.names...)
	expect(t, err, nil)
	for i, n := range m.names {
		key, err := m.v.Key(t.Context(), n)
		k, there := m.keys[n]
		expect(t, err, absence(there, k == nil))
		if !alike(key, k) || !alike(keys[i], k) {
			t.Fatal("another key")
		}
		secret, err := m.v.Secret(t.Context(), n)
		s, there := m.secrets[n]
		expect(t, err, absence(there, s == nil))
		if !bytes.Equal(secret, s) {
			t.Fatal("another secret")
		}
	}
	for _, d := range m.digests {
		claim, err := m.v.Identifier(t.Context(), d)
		held, there := m.claims[d]
		expect(t, err, absence(there, false))
		if claim != held {
			t.Fatal("another claim")
		}
	}
}

func absence(there, destroyed bool) error {
	switch {
	case !there:
		return vault.ErrNotFound
	case destroyed:
		return vault.ErrDestroyed
	default:
		return nil
	}
}

func alike(a, b *vault.Key) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Name == b.Name && a.ID == b.ID && a.Material() == b.Material()
}

func expect(t *rapid.T, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v, want %v", err, target)
	}
}
