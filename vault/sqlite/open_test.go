package sqlite_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/sqlite"
)

func TestAnotherMasterKeyIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	ok(t, openVault(t, dir, master, sqlite.Options{}).Close())
	if _, err := sqlite.Open(t.Context(), dir, newMaster(t), sqlite.Options{}); !errors.Is(err, vault.ErrMasterKey) {
		t.Fatalf("error %v, want %v", err, vault.ErrMasterKey)
	}
	forged := newMaster(t)
	forged.ID = master.ID
	if _, err := sqlite.Open(t.Context(), dir, forged, sqlite.Options{}); !errors.Is(err, vault.ErrMasterKey) {
		t.Fatalf("error %v, want %v", err, vault.ErrMasterKey)
	}
	ok(t, openVault(t, dir, master, sqlite.Options{}).Close())
}

func TestASecondOpenIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	v := openVault(t, dir, master, sqlite.Options{})
	_, err := sqlite.Open(t.Context(), dir, master, sqlite.Options{})
	if !errors.Is(err, sqlite.ErrLocked) || !errors.Is(err, vault.ErrUnavailable) {
		t.Fatalf("error %v, want %v", err, sqlite.ErrLocked)
	}
	ok(t, v.Close())
	openVault(t, dir, master, sqlite.Options{})
}

func TestAForeignFileIsRefused(t *testing.T) {
	for name, change := range map[string]string{
		"other program": "PRAGMA application_id = 7",
		"newer schema":  "PRAGMA user_version = 99",
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "vault")
			master := newMaster(t)
			ok(t, openVault(t, dir, master, sqlite.Options{}).Close())
			db, err := sql.Open("sqlite", withSums(t, dir))
			ok(t, err)
			_, err = db.Exec(change)
			ok(t, err)
			ok(t, db.Close())
			if _, err := sqlite.Open(t.Context(), dir, master, sqlite.Options{}); !errors.Is(err, sqlite.ErrSchema) {
				t.Fatalf("error %v, want %v", err, sqlite.ErrSchema)
			}
		})
	}
	t.Run("tables of someone else", func(t *testing.T) {
		dir := t.TempDir()
		db, err := sql.Open("sqlite", withSums(t, dir))
		ok(t, err)
		_, err = db.Exec("CREATE TABLE theirs (a)")
		ok(t, err)
		ok(t, db.Close())
		if _, err := sqlite.Open(t.Context(), dir, newMaster(t), sqlite.Options{}); !errors.Is(err, sqlite.ErrSchema) {
			t.Fatalf("error %v, want %v", err, sqlite.ErrSchema)
		}
	})
	t.Run("no database", func(t *testing.T) {
		dir := t.TempDir()
		ok(t, os.WriteFile(filepath.Join(dir, "vault.db"), make([]byte, 8192), 0o600))
		if _, err := sqlite.Open(t.Context(), dir, newMaster(t), sqlite.Options{}); !errors.Is(err, vault.ErrCorrupt) {
			t.Fatalf("error %v, want %v", err, vault.ErrCorrupt)
		}
	})
	t.Run("no checksums", func(t *testing.T) {
		dir := t.TempDir()
		db, err := sql.Open("sqlite", filepath.Join(dir, "vault.db"))
		ok(t, err)
		_, err = db.Exec("CREATE TABLE theirs (a)")
		ok(t, err)
		ok(t, db.Close())
		if _, err := sqlite.Open(t.Context(), dir, newMaster(t), sqlite.Options{}); !errors.Is(err, vault.ErrCorrupt) {
			t.Fatalf("error %v, want %v", err, vault.ErrCorrupt)
		}
	})
}

func TestFilesAreTheOwnersAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "odd name, 100% ?#é", "vault")
	v := openVault(t, dir, newMaster(t), sqlite.Options{})
	_, err := v.CreateKeys(t.Context(), "a")
	ok(t, err)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Fatalf("folder: %v, error %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	ok(t, err)
	if len(entries) != 4 { // file, write-ahead log, its index, lock
		t.Fatalf("%d files", len(entries))
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, error %v", e.Name(), info.Mode(), err)
		}
	}
}

// A wrapped key moved to another row does not open there.
func TestAMovedRowIsNoticed(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	v := openVault(t, dir, master, sqlite.Options{})
	_, err := v.CreateKeys(t.Context(), "mine", "theirs", "fine")
	ok(t, err)
	ok(t, v.PutSecret(t.Context(), "mine", []byte("mine")))
	ok(t, v.PutSecret(t.Context(), "theirs", []byte("theirs")))
	ok(t, v.Close())
	db, err := sql.Open("sqlite", withSums(t, dir))
	ok(t, err)
	for _, table := range []string{"keys", "secrets"} {
		_, err = db.Exec("UPDATE " + table + " SET (id, wrapped) = (SELECT id, wrapped FROM " + table +
			" WHERE name = CAST('theirs' AS BLOB)) WHERE name = CAST('mine' AS BLOB)")
		ok(t, err)
	}
	ok(t, db.Close())

	v = openVault(t, dir, master, sqlite.Options{})
	if _, err := v.Key(t.Context(), "mine"); !errors.Is(err, vault.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, vault.ErrCorrupt)
	}
	if _, err := v.Keys(t.Context(), "fine", "mine"); !errors.Is(err, vault.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, vault.ErrCorrupt)
	}
	if _, err := v.CreateKeys(t.Context(), "new", "mine"); !errors.Is(err, vault.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, vault.ErrCorrupt)
	}
	if _, err := v.Key(t.Context(), "new"); !errors.Is(err, vault.ErrNotFound) {
		t.Errorf("error %v, want %v", err, vault.ErrNotFound)
	}
	if _, err := v.Secret(t.Context(), "mine"); !errors.Is(err, vault.ErrCorrupt) {
		t.Errorf("error %v, want %v", err, vault.ErrCorrupt)
	}
	_, err = v.Key(t.Context(), "fine")
	ok(t, err)
}
