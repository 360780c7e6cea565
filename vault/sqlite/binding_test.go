package sqlite_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/sqlite"
)

// copyFolder copies the files of a folder as they are now.
func copyFolder(t *testing.T, from, to string) {
	t.Helper()
	ok(t, os.RemoveAll(to))
	ok(t, os.CopyFS(to, os.DirFS(from)))
}

// TestAVaultThatIsBehindIsRefused replaces the files with an older state, as after a crash and as after a
// clean stop, and truncates what a crash left.
func TestAVaultThatIsBehindIsRefused(t *testing.T) {
	root := t.TempDir()
	master := newMaster(t)
	dir, crashed, before := filepath.Join(root, "vault"), filepath.Join(root, "crashed"), filepath.Join(root, "before")
	o := sqlite.Options{Witness: filepath.Join(root, "acknowledged")}
	v := openVault(t, dir, master, o)
	_, err := v.CreateKeys(t.Context(), "a")
	ok(t, err)
	copyFolder(t, dir, before)
	_, err = v.CreateKeys(t.Context(), "b")
	ok(t, err)
	ok(t, v.PutSecret(t.Context(), "s", []byte("x"))) // the last transaction
	copyFolder(t, dir, crashed)
	ok(t, v.Close())

	for name, damage := range map[string]func(dir string){
		"older copy":             func(dir string) { copyFolder(t, before, dir) },
		"no write-ahead file":    func(dir string) { ok(t, os.Remove(filepath.Join(dir, "vault.db-wal"))) },
		"empty write-ahead file": func(dir string) { ok(t, os.Truncate(filepath.Join(dir, "vault.db-wal"), 0)) },
		"write-ahead file cut by a byte": func(dir string) {
			info, err := os.Stat(filepath.Join(dir, "vault.db-wal"))
			ok(t, err)
			ok(t, os.Truncate(filepath.Join(dir, "vault.db-wal"), info.Size()-1))
		},
		"last byte flipped": func(dir string) {
			path := filepath.Join(dir, "vault.db-wal")
			b, err := os.ReadFile(path)
			ok(t, err)
			b[len(b)-1] ^= 1
			ok(t, os.WriteFile(path, b, 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			copyFolder(t, crashed, dir)
			damage(dir)
			_ = os.Remove(filepath.Join(dir, "vault.db-shm"))
			hurt := filesOf(t, dir)
			_, err := sqlite.Open(t.Context(), dir, master, o)
			var behind *vault.BehindError
			if !errors.As(err, &behind) {
				t.Fatalf("opened: %v", err)
			}
			_ = os.Remove(filepath.Join(dir, "vault.db-shm"))
			if now := filesOf(t, dir); now != hurt {
				t.Errorf("the refusal changed the files: %s, before %s", now, hurt)
			}
			consented := o
			consented.Behind = true
			v, err := sqlite.Open(t.Context(), dir, master, consented)
			ok(t, err)
			_, err = v.CreateKeys(t.Context(), "c")
			ok(t, err)
			ok(t, v.Close())
			v, err = sqlite.Open(t.Context(), dir, master, o) // after consenting once, it is whole
			ok(t, err)
			ok(t, v.Close())
		})
		ok(t, os.Remove(o.Witness))
		copyFolder(t, crashed, dir)
		v, err := sqlite.Open(t.Context(), dir, master, o) // the control, which creates the witness again
		ok(t, err)
		if _, err := v.Secret(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		ok(t, v.Close())
	}
}

func filesOf(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	ok(t, err)
	var all string
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		ok(t, err)
		if len(b) == 0 { // SQLite creates an empty write-ahead file on opening
			continue
		}
		sum := 0
		for i, c := range b {
			sum = sum*31 + int(c) + i
		}
		all += fmt.Sprint(e.Name(), " ", len(b), " ", sum, "; ")
	}
	return all
}

func TestExists(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	expect := func(want bool) {
		t.Helper()
		if is, err := sqlite.Exists(dir); err != nil || is != want {
			t.Errorf("%v, %v; want %v", is, err, want)
		}
	}
	expect(false)
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was created: %v", err)
	}
	ok(t, os.Mkdir(dir, 0o700))
	ok(t, os.WriteFile(filepath.Join(dir, "vault.db"), nil, 0o600))
	expect(false)
	ok(t, openVault(t, dir, newMaster(t), sqlite.Options{}).Close())
	expect(true)
}
