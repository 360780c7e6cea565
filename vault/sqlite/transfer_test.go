package sqlite_test

import (
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/sqlite"
	"accountledger/vault/vaulttest"
)

func TestTransfer(t *testing.T) {
	e := vaulttest.PortableEngine{Open: func(t *testing.T, m *vault.MasterKey) vault.Portable {
		return openVault(t, filepath.Join(t.TempDir(), "vault"), m, sqlite.Options{})
	}}
	vaulttest.RunTransfer(t, e, e)
}
