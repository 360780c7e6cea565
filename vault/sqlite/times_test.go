package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/pagesum"
	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// TestFilesOfTwoTimes puts the vault's file and a write-ahead file of another time together, as someone might who restores
// one of them after a crash: the vault is refused, for reading too, and neither file is changed.
func TestFilesOfTwoTimes(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "vault")
	master := newMaster(t)
	v := openVault(t, dir, master, sqlite.Options{})
	create := func(names ...string) {
		_, err := v.CreateKeys(t.Context(), names...)
		ok(t, err)
	}
	create("before/1", "before/2")
	ok(t, v.DestroyKeys(t.Context(), "before/1")) // which copies the write-ahead file and truncates it
	create("before/3")
	before := bothFiles(t, dir)
	create("now/1")
	ok(t, v.DestroyKeys(t.Context(), "before/2"))
	create("now/2")
	now := bothFiles(t, dir)
	masters, err := vault.NewKeyring(master)
	ok(t, err)
	for name, files := range map[string][2][]byte{"an older file": {before[0], now[1]}, "an older write-ahead file": {now[0], before[1]}, "the control": now} {
		mixed := filepath.Join(t.TempDir(), "vault")
		ok(t, os.Mkdir(mixed, 0o700))
		for n, file := range []string{"vault.db", "vault.db-wal"} {
			ok(t, os.WriteFile(filepath.Join(mixed, file), files[n], 0o600))
		}
		r, readErr := sqlite.OpenReadOnly(t.Context(), mixed, masters, sqlite.Options{})
		if readErr == nil {
			ok(t, r.Close())
		}
		v, err := sqlite.Open(t.Context(), mixed, master, sqlite.Options{})
		if err == nil {
			ok(t, v.Close())
		}
		if name == "the control" {
			ok(t, errors.Join(readErr, err))
			continue
		}
		for _, err := range []error{readErr, err} {
			var damage *pagesum.DamageError
			if !errors.Is(err, vault.ErrCorrupt) || !errors.As(err, &damage) || !damage.Foreign || !strings.HasSuffix(damage.File, "vault.db-wal") {
				t.Errorf("%s: %v", name, err)
			}
		}
		if is := bothFiles(t, mixed); string(is[0]) != string(files[0]) || string(is[1]) != string(files[1]) {
			t.Errorf("%s: the files were changed", name)
		}
	}
}

func bothFiles(t *testing.T, dir string) (files [2][]byte) {
	t.Helper()
	for n, file := range []string{"vault.db", "vault.db-wal"} {
		b, err := os.ReadFile(filepath.Join(dir, file))
		ok(t, err)
		files[n] = b
	}
	return files
}
