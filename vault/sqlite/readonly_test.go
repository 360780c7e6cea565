package sqlite_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/uuid"

	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// fileStates describes every file in a folder, and the folder.
func fileStates(t *testing.T, dir string) (all string) {
	t.Helper()
	ok(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		var b []byte
		if !d.IsDir() {
			b, err = os.ReadFile(path)
		}
		all += fmt.Sprintln(filepath.Base(path), info.Size(), info.Mode(), info.ModTime().UnixNano(), sha256.Sum256(b))
		return err
	}))
	return all
}

// TestReadOnly reads a vault that was closed, and one whose process was killed, through two readers at once: everything is there, and
// no file has changed afterwards.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	master := newMaster(t)
	closed, killed := filepath.Join(t.TempDir(), "vault"), filepath.Join(t.TempDir(), "vault")
	v := openVault(t, closed, master, sqlite.Options{})
	keys, err := v.CreateKeys(t.Context(), "a", "b", "gone")
	ok(t, err)
	ok(t, v.DestroyKeys(t.Context(), "gone"))
	digest, claim := vault.Digest{1, 2, 3}, uuid.New()
	_, err = v.InsertIdentifier(t.Context(), digest, claim)
	ok(t, err)
	ok(t, v.PutSecret(t.Context(), "s", []byte("secret"))) // only in the write-ahead file
	ok(t, os.Mkdir(killed, 0o700))
	for _, name := range []string{"vault.db", "vault.db-wal"} {
		b, err := os.ReadFile(filepath.Join(closed, name))
		ok(t, err)
		if len(b) == 0 {
			t.Fatalf("%s is empty", name)
		}
		ok(t, os.WriteFile(filepath.Join(killed, name), b, 0o600))
	}
	ok(t, v.Close())
	for name, dir := range map[string]string{"closed": closed, "killed": killed} {
		t.Run(name, func(t *testing.T) {
			before := fileStates(t, dir)
			for range 2 {
				r := openReadOnly(t, dir, master)
				holdsAll(t, r, keys, digest, claim)
				takesNothing(t, r)
			}
			if now := fileStates(t, dir); now != before {
				t.Errorf("the files are\n%s\nwere\n%s", now, before)
			}
		})
	}
}

func openReadOnly(t *testing.T, dir string, master *vault.MasterKey) *sqlite.Reader {
	t.Helper()
	masters, err := vault.NewKeyring(master)
	ok(t, err)
	r, err := sqlite.OpenReadOnly(t.Context(), dir, masters, sqlite.Options{})
	ok(t, err)
	t.Cleanup(func() { ok(t, r.Close()) })
	return r
}

func holdsAll(t *testing.T, r *sqlite.Reader, keys []*vault.Key, digest vault.Digest, claim uuid.UUID) {
	t.Helper()
	found, err := r.CreateKeys(t.Context(), "b", "a")
	ok(t, err)
	if !same(found[0], keys[1]) || !same(found[1], keys[0]) {
		t.Error("other keys")
	}
	if secret, err := r.Secret(t.Context(), "s"); err != nil || string(secret) != "secret" {
		t.Errorf("the secret: %v", err)
	}
	if got, err := r.Identifier(t.Context(), digest); err != nil || got != claim {
		t.Errorf("the claim: %v", err)
	}
	if _, err := r.Key(t.Context(), "gone"); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("what was destroyed: %v", err)
	}
	rows := 0
	ok(t, r.Dump(t.Context(), func(some []vault.Row) error {
		rows += len(some)
		return nil
	}))
	states, err := r.Masters(t.Context())
	ok(t, err)
	if rows != 5 || len(states) != 1 || !states[0].Current {
		t.Errorf("%d rows, master keys %+v", rows, states)
	}
	ok(t, errors.Join(r.Ping(t.Context()), r.Verify(t.Context())))
}

func takesNothing(t *testing.T, r *sqlite.Reader) {
	t.Helper()
	_, created := r.CreateKeys(t.Context(), "a", "new")
	_, inserted := r.InsertIdentifier(t.Context(), vault.Digest{9}, uuid.New())
	for what, err := range map[string]error{
		"create": created, "insert": inserted, "destroy": r.DestroyKeys(t.Context(), "a"), "put": r.PutSecret(t.Context(), "s", []byte("x")),
		"wipe": r.DestroySecrets(t.Context(), "s"), "delete": r.DeleteIdentifier(t.Context(), uuid.New()), "rotate": r.Rotate(t.Context(), newMaster(t), nil),
		"end": r.MasterDestroyed(t.Context(), uuid.New()),
	} {
		if !errors.Is(err, sqlite.ErrReading) || !errors.Is(err, vault.ErrUnavailable) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if _, err := r.CreateKeys(t.Context(), "gone"); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("what was destroyed: %v", err)
	}
}

// TestReadersAndAWriter: readers exclude a writer, and vice versa.
func TestReadersAndAWriter(t *testing.T) {
	t.Parallel()
	master := newMaster(t)
	dir := filepath.Join(t.TempDir(), "vault")
	v := openVault(t, dir, master, sqlite.Options{})
	masters, err := vault.NewKeyring(master)
	ok(t, err)
	if _, err := sqlite.OpenReadOnly(t.Context(), dir, masters, sqlite.Options{}); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("a reader beside a writer: %v", err)
	}
	ok(t, v.Close())
	openReadOnly(t, dir, master)
	openReadOnly(t, dir, master)
	if _, err := sqlite.Open(t.Context(), dir, master, sqlite.Options{}); !errors.Is(err, sqlite.ErrLocked) {
		t.Errorf("a writer beside readers: %v", err)
	}
}

// TestReadOnlyIsNoLaxer: what Open refuses is refused, and nothing is created.
func TestReadOnlyIsNoLaxer(t *testing.T) {
	t.Parallel()
	master := newMaster(t)
	dir := filepath.Join(t.TempDir(), "vault")
	open := func(master *vault.MasterKey) error {
		masters, err := vault.NewKeyring(master)
		ok(t, err)
		r, err := sqlite.OpenReadOnly(context.WithoutCancel(t.Context()), dir, masters, sqlite.Options{})
		if err == nil {
			ok(t, r.Close())
		}
		return err
	}
	if err := open(master); !errors.Is(err, vault.ErrMissing) {
		t.Errorf("no folder: %v", err)
	}
	ok(t, os.Mkdir(dir, 0o700))
	if err := open(master); !errors.Is(err, vault.ErrMissing) {
		t.Errorf("an empty folder: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("something was created: %v %v", entries, err)
	}
	ok(t, openVault(t, dir, master, sqlite.Options{}).Close())
	if err := open(newMaster(t)); !errors.Is(err, vault.ErrMasterKey) {
		t.Errorf("another master key: %v", err)
	}
	path := filepath.Join(dir, "vault.db")
	b, err := os.ReadFile(path)
	ok(t, err)
	b[3000] ^= 1
	ok(t, os.WriteFile(path, b, 0o600))
	if err := open(master); !errors.Is(err, vault.ErrCorrupt) {
		t.Errorf("a damaged page: %v", err)
	}
}
