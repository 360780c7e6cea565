package sqlite_test

import (
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/sqlite"
	"accountledger/vault/vaulttest"
)

func TestCarry(t *testing.T) {
	e := vaulttest.CarrierEngine{Open: func(t *testing.T, m *vault.MasterKey) vault.Carrier {
		return openVault(t, filepath.Join(t.TempDir(), "vault"), m, sqlite.Options{})
	}}
	vaulttest.RunCarry(t, e, e)
}
