//go:build engines

package server_test

import (
	"testing"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/vault/postgres/postgrestest"
)

// TestWalkOnEventStoreDBAndPostgreSQL walks the line with the log on EventStoreDB's test server and the vault on a real
// PostgreSQL.
func TestWalkOnEventStoreDBAndPostgreSQL(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	defer func() { fatal(t, stop()) }()
	cfg, mail := withMail(t)
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	cfg.Vault.Engine, cfg.Vault.Postgres = "postgres", address
	r := start(t, cfg)
	walkAndRestart(t, r, mail, "bytes")
	r.stop()
}
