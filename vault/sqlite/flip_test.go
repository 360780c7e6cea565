package sqlite_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// TestFlippedByte changes one bit of the vault's file, in many places: whatever it hits, no key and no secret is given
// that is not the right one, and none that was destroyed comes back.
func TestFlippedByte(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	v := openVault(t, dir, master, sqlite.Options{})
	var names []string
	for n := range 120 {
		names = append(names, fmt.Sprintf("account/%d", n))
	}
	keys, err := v.CreateKeys(t.Context(), names...)
	ok(t, err)
	for n := range 20 {
		ok(t, v.PutSecret(t.Context(), names[n], []byte(names[n])))
	}
	ok(t, v.DestroyKeys(t.Context(), names[7]))
	ok(t, v.DestroySecrets(t.Context(), names[7]))
	ok(t, v.Close())
	path := filepath.Join(dir, "vault.db")
	whole, err := os.ReadFile(path)
	ok(t, err)
	r := rand.New(rand.NewPCG(41, 42))
	told := 0
	for range 40 {
		hurt := append([]byte(nil), whole...)
		offset := r.IntN(len(hurt))
		hurt[offset] ^= 1 << r.IntN(8)
		ok(t, os.WriteFile(path, hurt, 0o600))
		v, err := sqlite.Open(t.Context(), dir, master, sqlite.Options{})
		if err != nil {
			told++
			continue
		}
		for n, name := range names {
			k, err := v.Key(t.Context(), name)
			if err == nil && (n == 7 || k.ID != keys[n].ID || k.Material() != keys[n].Material()) {
				t.Errorf("a bit flipped at %d gives another key for %s", offset, name)
			}
			if errors.Is(err, vault.ErrCorrupt) {
				told++
			}
		}
		for n := range 20 {
			s, err := v.Secret(t.Context(), names[n])
			if err == nil && (n == 7 || string(s) != names[n]) {
				t.Errorf("a bit flipped at %d gives another secret for %s", offset, names[n])
			}
			if errors.Is(err, vault.ErrCorrupt) {
				told++
			}
		}
		ok(t, v.Close())
	}
	if told == 0 {
		t.Error("no damage was ever told")
	}
}
