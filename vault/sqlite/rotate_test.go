package sqlite_test

import (
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/sqlite"
	"accountledger/vault/vaulttest"
)

func TestRotation(t *testing.T) {
	folders := map[vault.Rotator]string{}
	open := func(t *testing.T, dir string, newest *vault.MasterKey, older ...*vault.MasterKey) (vault.Rotator, error) {
		v, err := sqlite.Open(t.Context(), dir, newest, sqlite.Options{Older: older})
		if err != nil {
			return nil, err
		}
		folders[v] = dir
		t.Cleanup(func() { _ = v.Close() })
		return v, nil
	}
	vaulttest.RunRotation(t, vaulttest.RotatingEngine{
		Open: func(t *testing.T, newest *vault.MasterKey) vault.Rotator {
			v, err := open(t, filepath.Join(t.TempDir(), "vault"), newest)
			ok(t, err)
			return v
		},
		Reopen: func(t *testing.T, v vault.Rotator, newest *vault.MasterKey, older ...*vault.MasterKey) (vault.Rotator, error) {
			ok(t, v.Close())
			return open(t, folders[v], newest, older...)
		},
	})
}

func TestWhatTheOldMasterKeyWrappedIsInNoFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "vault")
	v := openVault(t, dir, newMaster(t), sqlite.Options{})
	_, err := v.CreateKeys(t.Context(), "a", "b")
	ok(t, err)
	ok(t, v.PutSecret(t.Context(), "a", []byte("secret")))
	traces := func() map[string][]byte {
		return map[string][]byte{
			"a":      stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte("a")),
			"b":      stored(t, dir, "SELECT wrapped FROM keys WHERE name = ?", []byte("b")),
			"secret": stored(t, dir, "SELECT wrapped FROM secrets WHERE name = ?", []byte("a")),
		}
	}
	before := traces()
	if found := inFiles(t, dir, before); len(found) != len(before) {
		t.Fatalf("only %v is found before: the scan finds nothing", found)
	}
	ok(t, v.Rotate(t.Context(), newMaster(t), nil))
	if found := inFiles(t, dir, before); len(found) != 0 {
		t.Errorf("%v is still in the files", found)
	}
	after := traces()
	if found := inFiles(t, dir, after); len(found) != len(after) {
		t.Errorf("only %v is found after", found)
	}
}
