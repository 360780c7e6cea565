//go:build engines

package server_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/replay/fit"
	"accountledger/replay/restore"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// vaultTables are those of a vault in PostgreSQL.
var vaultTables = []string{"vault", "masters", "logs", "destructions", "pings", "keys", "secrets", "identifiers"} // a constant

// TestPostgresPutBackToYesterday puts the vault back to what it was while the log went on: a process that saw it last knows by its
// witness, another one by the log. It is served again once an operator accepts it.
func TestPostgresPutBackToYesterday(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	t.Cleanup(func() { fatal(t, stop()) })
	schema := vaultSchema(t, address)
	cfg, mail := withMail(t)
	cfg.Vault.Engine, cfg.Vault.Postgres, cfg.Vault.Schema = "postgres", address, schema
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	cfg.MasterKey = filepath.Join(t.TempDir(), "master.key")
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	r.stop()
	putBack := copyVault(t, address, schema)
	r = start(t, cfg)
	bob := r.join(mail, "bob@example.com", "Bob")
	r.stop()
	putBack()
	refused := func(cfg server.Config, word string) {
		t.Helper()
		var refused *fit.RefusedError
		s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap()})
		if err == nil {
			t.Fatal("it was opened", s.Close())
		}
		if !errors.As(err, &refused) || refused.Accept != fit.AcceptOlderVault || !strings.Contains(err.Error(), word) {
			t.Errorf("refused otherwise: %v", err)
		}
	}
	refused(cfg, "vault.acknowledged")
	refused(moved(t, cfg), "the vault is older than its log")
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap(), Accept: fit.Accept{Kind: fit.AcceptOlderVault, Reason: "PostgreSQL was put back"}})
	fatal(t, err)
	fatal(t, s.Close())
	r = start(t, cfg)
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, bob.email, password))
	v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !v.OK {
		t.Errorf("%+v", v.Faults)
	}
	r.stop()
}

// TestSalvageBesidePostgresPutBack salvages a ledger whose log does not open and whose vault was put back to yesterday as well: the
// report says what is missing, and neither the vault nor its witness is changed.
func TestSalvageBesidePostgresPutBack(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	t.Cleanup(func() { fatal(t, stop()) })
	schema := vaultSchema(t, address)
	cfg, mail := withMail(t)
	cfg.Vault.Engine, cfg.Vault.Postgres, cfg.Vault.Schema = "postgres", address, schema
	cfg.MasterKey = filepath.Join(t.TempDir(), "master.key")
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	r.stop()
	putBack := copyVault(t, address, schema)
	r = start(t, cfg)
	r.join(mail, "bob@example.com", "Bob")
	r.stop()
	putBack()
	for _, path := range glob(t, filepath.Join(cfg.Data, "log", "pebble"), "MANIFEST-*") {
		fatal(t, os.Truncate(path, 20))
	}
	before := sizes(t, cfg.Data)
	out := filepath.Join(t.TempDir(), "salvaged")
	done, err := server.Salvage(t.Context(), cfg, out, nil)
	fatal(t, err)
	if done.Events == 0 || done.Backup.Rows == 0 || done.KeysLost == 0 {
		t.Errorf("%+v", done)
	}
	if after := sizes(t, cfg.Data); after != before {
		t.Errorf("left: %s, before %s", after, before)
	}
	to := moved(t, cfg)
	to.Vault.Engine = "sqlite"
	to.MasterKey = cfg.MasterKey
	_, err = server.Restore(t.Context(), to, out, restore.Options{}, server.SideOptions{})
	fatal(t, err)
	r = start(t, to)
	r.signIn(ada.email)
	r.stop()
}

// TestAFirstStartThatFailsKeepsTheKeyOfItsVault fails a first start once the database holds a vault: the next one opens it.
func TestAFirstStartThatFailsKeepsTheKeyOfItsVault(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	t.Cleanup(func() { fatal(t, stop()) })
	cfg, _ := withMail(t)
	cfg.Vault.Engine, cfg.Vault.Postgres, cfg.Vault.Schema = "postgres", address, vaultSchema(t, address)
	cfg.MasterKey = filepath.Join(cfg.Data, "master.key")
	list := cfg.Backup.List
	cfg.Backup.List = filepath.Join(cfg.MasterKey, "below-a-file")
	if s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap()}); err == nil {
		t.Fatal("it opened", s.Close())
	}
	cfg.Backup.List = list
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap()})
	fatal(t, err)
	fatal(t, s.Close())
}

// vaultSchema names a schema of the test's own, which goes with it.
func vaultSchema(t *testing.T, address string) string {
	t.Helper()
	schema := "bind_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	t.Cleanup(func() {
		for _, of := range []string{"", "_leases", "_old"} {
			dropSchema(t, address, schema+of)
		}
	})
	return schema
}

// copyVault gives what puts a vault back to what it is now.
func copyVault(t *testing.T, address, schema string) (putBack func()) {
	t.Helper()
	run := func(statement string, args ...any) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		fatal(t, err)
		_, err = conn.Exec(t.Context(), fmt.Sprintf(statement, args...))
		fatal(t, errors.Join(err, conn.Close(t.Context())))
	}
	run("CREATE SCHEMA %s_old", schema)
	for _, table := range vaultTables {
		run("CREATE TABLE %[1]s_old.%[2]s AS TABLE %[1]s.%[2]s", schema, table)
	}
	return func() {
		t.Helper()
		for _, table := range vaultTables {
			run("TRUNCATE %[1]s.%[2]s; INSERT INTO %[1]s.%[2]s SELECT * FROM %[1]s_old.%[2]s", schema, table)
		}
	}
}
