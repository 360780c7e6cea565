package sqlite_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"accountledger/pagesum"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

const (
	filePage    = 4096
	flipsAPage  = 3
	flipKeys    = 120
	flipSecrets = 20
)

// TestFlippedByte changes one bit of the vault's file, on every page and in its header: whatever it hits, every answer is
// correct or says that the file is damaged and where. Nothing that exists is ever reported missing, so
// no key is created twice and no identifier claimed again.
func TestFlippedByte(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	held := newHeld(t, dir)
	path := filepath.Join(dir, "vault.db")
	whole, err := os.ReadFile(path)
	ok(t, err)
	random := rand.New(rand.NewPCG(41, 42))
	offsets := []int{0, 16, 17, 18, 19, 20, 21, 28, 31, 44, 60, 68, 92, 100} // in the header, which says how the file is laid out
	for page := range len(whole) / filePage {
		for range flipsAPage {
			offsets = append(offsets, page*filePage+random.IntN(filePage))
		}
	}
	for _, offset := range offsets {
		hurt := append([]byte(nil), whole...)
		hurt[offset] ^= 1 << random.IntN(8)
		ok(t, os.WriteFile(path, hurt, 0o600))
		v, err := sqlite.Open(t.Context(), dir, held.master, sqlite.Options{})
		if err == nil {
			for _, err := range held.wrong(t.Context(), v) {
				t.Errorf("a bit flipped at %d: %v", offset, err)
			}
			err = v.Verify(t.Context())
			ok(t, v.Close())
		}
		var damage *pagesum.DamageError
		switch {
		case !errors.Is(err, vault.ErrCorrupt):
			t.Errorf("a bit flipped at %d: %v", offset, err)
		case offset >= 100 && (!errors.As(err, &damage) || damage.File != path || damage.Offset != int64(offset/filePage*filePage)):
			t.Errorf("a bit flipped at %d is reported as %v", offset, err)
		}
	}
	ok(t, os.WriteFile(path, whole, 0o600))
	v := openVault(t, dir, held.master, sqlite.Options{})
	ok(t, v.Verify(t.Context()))
	if wrong := held.wrong(t.Context(), v); wrong != nil {
		t.Errorf("the control: %v", wrong)
	}
}

// held is what a vault holds: keys and secrets by name, one of them destroyed, and identifiers.
type held struct {
	master *vault.MasterKey
	keys   []*vault.Key
	claims map[vault.Digest]uuid.UUID
}

const destroyed = 7

func newHeld(t *testing.T, dir string) *held {
	t.Helper()
	h := &held{master: newMaster(t), claims: map[vault.Digest]uuid.UUID{}}
	v := openVault(t, dir, h.master, sqlite.Options{})
	var names []string
	for n := range flipKeys {
		names = append(names, fmt.Sprintf("account/%d", n))
		d := vault.Digest(sha256.Sum256([]byte(names[n])))
		h.claims[d] = uuid.New()
		_, err := v.InsertIdentifier(t.Context(), d, h.claims[d])
		ok(t, err)
	}
	var err error
	h.keys, err = v.CreateKeys(t.Context(), names...)
	ok(t, err)
	for n := range flipSecrets {
		ok(t, v.PutSecret(t.Context(), names[n], []byte(names[n])))
	}
	ok(t, v.DestroyKeys(t.Context(), names[destroyed]))
	ok(t, v.DestroySecrets(t.Context(), names[destroyed]))
	ok(t, v.Close())
	return h
}

// wrong returns every answer that is neither correct nor a report of damage.
func (h *held) wrong(ctx context.Context, v *sqlite.Vault) (all []error) {
	told := func(what string, err error) {
		if !errors.Is(err, vault.ErrCorrupt) {
			all = append(all, fmt.Errorf("%s: %w", what, err))
		}
	}
	for n, want := range h.keys {
		key, err := v.Key(ctx, want.Name)
		if n == destroyed && !errors.Is(err, vault.ErrDestroyed) || n != destroyed && (err != nil || !same(key, want)) {
			told("a key", err)
		}
		if n < flipSecrets {
			secret, err := v.Secret(ctx, want.Name)
			if n == destroyed && !errors.Is(err, vault.ErrDestroyed) || n != destroyed && (err != nil || string(secret) != want.Name) {
				told("a secret", err)
			}
		}
	}
	for d, want := range h.claims {
		if claim, err := v.Identifier(ctx, d); err != nil || claim != want {
			told("an identifier", err)
		}
		if claim, err := v.InsertIdentifier(ctx, d, uuid.New()); err != nil || claim != want {
			told("an identifier claimed again", err)
		}
	}
	for _, n := range []int{0, destroyed, flipKeys - 1} {
		made, err := v.CreateKeys(ctx, "new/"+h.keys[n].Name, h.keys[n].Name)
		if n == destroyed && !errors.Is(err, vault.ErrDestroyed) || n != destroyed && (err != nil || !same(made[1], h.keys[n])) {
			told("a key made again", err)
		}
	}
	return all
}

func same(a, b *vault.Key) bool { return a.ID == b.ID && a.Material() == b.Material() }

// TestFlippedByteInTheWriteAheadFile changes one bit of what a crash leaves there: SQLite would take it for the end of
// what was written and drop everything acknowledged after it. The vault reports it instead, except for
// the last transaction, where it looks like a loss of power.
func TestFlippedByteInTheWriteAheadFile(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	v := openVault(t, dir, master, sqlite.Options{})
	for n := range 20 {
		_, err := v.CreateKeys(t.Context(), fmt.Sprint("account/", n))
		ok(t, err)
	}
	ok(t, v.Ping(t.Context()))
	ok(t, v.Ping(t.Context())) // one frame each
	crashed := filepath.Join(t.TempDir(), "vault")
	ok(t, os.CopyFS(crashed, os.DirFS(dir)))
	log := filepath.Join(crashed, "vault.db-wal")
	whole, err := os.ReadFile(log)
	ok(t, err)
	if len(whole) < 20*filePage {
		t.Fatalf("only %d bytes", len(whole))
	}
	random := rand.New(rand.NewPCG(43, 44))
	for range 100 {
		offset := random.IntN(len(whole) - 2*(filePage+24))
		hurt := append([]byte(nil), whole...)
		hurt[offset] ^= 1 << random.IntN(8)
		ok(t, os.WriteFile(log, hurt, 0o600))
		v, err := sqlite.Open(t.Context(), crashed, master, sqlite.Options{})
		var damage *pagesum.DamageError
		if !errors.Is(err, vault.ErrCorrupt) || !errors.As(err, &damage) || damage.File != log {
			t.Errorf("a bit flipped at %d: %v", offset, err)
		}
		if err == nil {
			ok(t, v.Close())
		}
	}
	ok(t, os.WriteFile(log, whole, 0o600))
	v = openVault(t, crashed, master, sqlite.Options{})
	_, err = v.Key(t.Context(), "account/19")
	ok(t, err)
}
