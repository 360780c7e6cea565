//go:build engines

package server_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// vaultTables are those of a vault in PostgreSQL.
var vaultTables = []string{"vault", "masters", "logs", "destructions", "pings", "keys", "secrets", "identifiers"} //nolint:gochecknoglobals // a constant

// TestPostgresPutBackToYesterday puts the vault back to what it was while the log went on: a process that saw it last knows by its
// witness, another one by the log. It is served again once an operator accepts it.
func TestPostgresPutBackToYesterday(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	defer func() { fatal(t, stop()) }()
	schema := "bind_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	defer dropSchema(t, address, schema)
	defer dropSchema(t, address, schema+"_leases")
	defer dropSchema(t, address, schema+"_old")
	cfg, mail := withMail(t)
	cfg.Vault.Engine, cfg.Vault.Postgres, cfg.Vault.Schema = "postgres", address, schema
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	cfg.MasterKey = filepath.Join(t.TempDir(), "master.key")
	run := func(statement string, args ...any) {
		t.Helper()
		conn, err := pgx.Connect(t.Context(), address)
		fatal(t, err)
		_, err = conn.Exec(t.Context(), fmt.Sprintf(statement, args...))
		fatal(t, errors.Join(err, conn.Close(t.Context())))
	}
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	r.stop()
	run("CREATE SCHEMA %s_old", schema)
	for _, table := range vaultTables {
		run("CREATE TABLE %[1]s_old.%[2]s AS TABLE %[1]s.%[2]s", schema, table)
	}
	r = start(t, cfg)
	bob := r.join(mail, "bob@example.com", "Bob")
	r.stop()
	for _, table := range vaultTables {
		run("TRUNCATE %[1]s.%[2]s; INSERT INTO %[1]s.%[2]s SELECT * FROM %[1]s_old.%[2]s", schema, table)
	}
	refused := func(cfg server.Config, word string) {
		t.Helper()
		var refused *server.RefusedError
		s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap()})
		if err == nil {
			t.Fatal("it was opened", s.Close())
		}
		if !errors.As(err, &refused) || refused.Accept != server.AcceptOlderVault || !strings.Contains(err.Error(), word) {
			t.Errorf("refused otherwise: %v", err)
		}
	}
	refused(cfg, "vault.acknowledged")
	refused(moved(t, cfg), "the vault is older than its log")
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap(), Accept: server.Accept{Kind: server.AcceptOlderVault, Reason: "PostgreSQL was put back"}})
	fatal(t, err)
	fatal(t, s.Close())
	r = start(t, cfg)
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.signIn(ada.email)
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, bob.email, password))
	v, err := r.console().Verify(t.Context(), nil)
	fatal(t, err)
	if !v.OK {
		t.Errorf("%+v", v.Faults)
	}
	r.stop()
}
