package sqlite_test

import (
	"path/filepath"
	"testing"

	"accountledger/pagesum"
	"accountledger/vault"
	"accountledger/vault/sqlite"
	"accountledger/vault/vaulttest"
)

func TestSuite(t *testing.T) { runSuite(t, sqlite.Options{}) }

// A cache of a few keys must give the same answers as one that holds them all.
func TestSuiteWithASmallCache(t *testing.T) {
	runSuite(t, sqlite.Options{CacheKeys: 1, Readers: 1})
}

func runSuite(t *testing.T, o sqlite.Options) {
	master := newMaster(t)
	folders := map[vault.Vault]string{}
	open := func(t *testing.T, dir string) vault.Vault {
		v := openVault(t, dir, master, o)
		folders[v] = dir
		return v
	}
	vaulttest.Run(t, vaulttest.Engine{
		Open: func(t *testing.T) vault.Vault { return open(t, filepath.Join(t.TempDir(), "vault")) },
		Reopen: func(t *testing.T, v vault.Vault) vault.Vault {
			if err := v.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, folders[v])
		},
	})
}

// withSums is the address of the vault's file for tests that bypass the vault.
func withSums(t *testing.T, dir string) string {
	t.Helper()
	vfs, err := pagesum.VFS()
	ok(t, err)
	return "file:" + filepath.Join(dir, "vault.db") + "?vfs=" + vfs
}

func newMaster(t *testing.T) *vault.MasterKey {
	t.Helper()
	m, err := vault.NewMasterKey()
	ok(t, err)
	return m
}

func openVault(t *testing.T, dir string, m *vault.MasterKey, o sqlite.Options) *sqlite.Vault {
	t.Helper()
	v, err := sqlite.Open(t.Context(), dir, m, o)
	ok(t, err)
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
