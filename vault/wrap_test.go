package vault_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"accountledger/vault"
)

func TestWrapIsBoundToItsPlace(t *testing.T) {
	m, other := master(t), master(t)
	id := uuid.New()
	wrapped, err := m.Wrap(vault.KindKey, "ab", id, []byte("plain"))
	if err != nil {
		t.Fatal(err)
	}
	if len(wrapped) != len("plain")+vault.WrapOverhead || bytes.Contains(wrapped, []byte("plain")) {
		t.Fatal("not wrapped")
	}
	plain, err := m.Unwrap(vault.KindKey, "ab", id, wrapped)
	if err != nil || string(plain) != "plain" {
		t.Fatalf("error %v", err)
	}
	for what, open := range map[string]func() ([]byte, error){
		"master key": func() ([]byte, error) { return other.Unwrap(vault.KindKey, "ab", id, wrapped) },
		"kind":       func() ([]byte, error) { return m.Unwrap(vault.KindSecret, "ab", id, wrapped) },
		"name":       func() ([]byte, error) { return m.Unwrap(vault.KindKey, "abc", id, wrapped) },
		"id":         func() ([]byte, error) { return m.Unwrap(vault.KindKey, "ab", uuid.New(), wrapped) },
		"nothing":    func() ([]byte, error) { return m.Unwrap(vault.KindKey, "ab", id, nil) },
	} {
		if _, err := open(); !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("another %s: error %v, want %v", what, err, vault.ErrCorrupt)
		}
	}
	for i := range wrapped {
		damaged := bytes.Clone(wrapped)
		damaged[i] ^= 0x80
		if _, err := m.Unwrap(vault.KindKey, "ab", id, damaged); !errors.Is(err, vault.ErrCorrupt) {
			t.Errorf("byte %d altered: error %v, want %v", i, err, vault.ErrCorrupt)
		}
	}
	again, err := m.Wrap(vault.KindKey, "ab", id, []byte("plain"))
	if err != nil || bytes.Equal(again, wrapped) {
		t.Fatalf("the same bytes twice, error %v", err)
	}
}

func TestSecretsOfAnySize(t *testing.T) {
	m := master(t)
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.SliceOfN(rapid.Byte(), 0, 700).Draw(t, "secret")
		name, id := rapid.String().Draw(t, "name"), uuid.New()
		wrapped, err := m.WrapSecret(name, id, secret)
		if err != nil {
			t.Fatal(err)
		}
		if (len(wrapped)-vault.WrapOverhead)%256 != 0 {
			t.Fatalf("%d bytes tell the secret's length", len(wrapped))
		}
		got, err := m.UnwrapSecret(name, id, wrapped)
		if err != nil || !bytes.Equal(got, secret) {
			t.Fatalf("another secret, error %v", err)
		}
	})
	if _, err := m.WrapSecret("n", uuid.New(), make([]byte, vault.MaxSecretBytes)); err != nil {
		t.Fatal(err)
	}
	if _, err := m.WrapSecret("n", uuid.New(), make([]byte, vault.MaxSecretBytes+1)); !errors.Is(err, vault.ErrInvalid) {
		t.Fatalf("error %v, want %v", err, vault.ErrInvalid)
	}
	short, err := m.Wrap(vault.KindSecret, "n", uuid.Nil, []byte{0xff, 0xff, 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.UnwrapSecret("n", uuid.Nil, short); !errors.Is(err, vault.ErrCorrupt) {
		t.Fatalf("error %v, want %v", err, vault.ErrCorrupt)
	}
}

func master(t *testing.T) *vault.MasterKey {
	t.Helper()
	m, err := vault.NewMasterKey()
	if err != nil {
		t.Fatal(err)
	}
	return m
}
