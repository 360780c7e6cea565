package vault_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
)

func TestKeyring(t *testing.T) {
	a, b, c := master(t), master(t), master(t)
	if _, err := vault.NewKeyring(a, b, a); !errors.Is(err, vault.ErrInvalid) {
		t.Fatalf("error %v, want %v", err, vault.ErrInvalid)
	}
	if _, err := vault.NewKeyring(nil); !errors.Is(err, vault.ErrInvalid) {
		t.Fatalf("error %v, want %v", err, vault.ErrInvalid)
	}
	r, err := vault.NewKeyring(b, a)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Add(c); err != nil {
			t.Fatal(err)
		}
	}
	other := master(t)
	other.ID = a.ID
	if err := r.Add(other); !errors.Is(err, vault.ErrInvalid) {
		t.Fatalf("error %v, want %v", err, vault.ErrInvalid)
	}
	if err := r.Add(nil); !errors.Is(err, vault.ErrInvalid) {
		t.Fatalf("error %v, want %v", err, vault.ErrInvalid)
	}
	if fmt.Sprint(r.All()) != fmt.Sprint([]*vault.MasterKey{c, b, a}) || r.Newest() != c || r.Get(a.ID) != a || r.Get(uuid.New()) != nil {
		t.Fatal("other keys")
	}
	for _, drop := range []*vault.MasterKey{c, a, a} {
		if err := r.Drop(drop.ID); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Drop(b.ID); !errors.Is(err, vault.ErrInvalid) || r.Newest() != b || r.Get(a.ID) != nil {
		t.Fatalf("error %v, want %v", err, vault.ErrInvalid)
	}
}

func TestKeyringFiles(t *testing.T) {
	dir := t.TempDir()
	before := time.Now().UTC().Truncate(time.Second)
	made, err := vault.CreateMasterKey(filepath.Join(dir, "new"))
	if err != nil {
		t.Fatal(err)
	}
	// A file of the first version does not say when its key was made.
	id := uuid.New()
	text := "accountledger master key, version 1\nid " + id.String() + "\nkey " + strings.Repeat("ab", vault.KeyBytes) + "\n"
	sum := sha256.Sum256([]byte(text))
	text += "sum " + hex.EncodeToString(sum[:8]) + "\n"
	if err := os.WriteFile(filepath.Join(dir, "old"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := vault.LoadKeyring(filepath.Join(dir, "new"), filepath.Join(dir, "old"))
	if err != nil {
		t.Fatal(err)
	}
	if *r.Newest() != *made || made.MadeAt.Before(before) || !r.Get(id).MadeAt.IsZero() {
		t.Fatal("other keys")
	}
	if _, err := vault.LoadKeyring(filepath.Join(dir, "new"), filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want %v", err, fs.ErrNotExist)
	}
}

func TestMarks(t *testing.T) {
	m := master(t)
	mark := func(m *vault.MasterKey, place, value string) vault.Mark {
		got, err := m.Mark(place, []byte(value))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	one := mark(m, "column", "value")
	if mark(m, "column", "value") != one {
		t.Fatal("two marks of one value")
	}
	for _, other := range []vault.Mark{mark(m, "column", "other"), mark(m, "other", "value"), mark(master(t), "column", "value")} {
		if other == one {
			t.Fatal("one mark of two values")
		}
	}
}
