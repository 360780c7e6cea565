//go:build engines

package postgres_test

import (
	"path/filepath"
	"testing"

	"accountledger/vault"
	"accountledger/vault/postgres"
	"accountledger/vault/sqlite"
	"accountledger/vault/vaulttest"
)

func TestTransfer(t *testing.T) {
	here := vaulttest.PortableEngine{Open: func(t *testing.T, m *vault.MasterKey) vault.Portable {
		return newPlace(t).open(t, postgres.Options{Connections: 4}, m)
	}}
	file := vaulttest.PortableEngine{Open: func(t *testing.T, m *vault.MasterKey) vault.Portable {
		v, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "vault"), m, sqlite.Options{})
		ok(t, err)
		t.Cleanup(func() { _ = v.Close() })
		return v
	}}
	t.Run("FromSQLite", func(t *testing.T) { vaulttest.RunTransfer(t, file, here) })
	t.Run("ToSQLite", func(t *testing.T) { vaulttest.RunTransfer(t, here, file) })
	t.Run("BetweenTwo", func(t *testing.T) { vaulttest.RunTransfer(t, here, here) })
}
