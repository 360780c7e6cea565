//go:build engines

package server_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/server"
	"accountledger/vault/postgres/postgrestest"
)

// Processes that share a vault follow a rotation: those that read the same folder by themselves, and one that has
// its own files once the operator has put the new key there. Nothing changes before every one of them has it.
func TestProcessesFollowARotation(t *testing.T) {
	address, stop, err := postgrestest.Address(t.Context())
	fatal(t, err)
	defer func() { fatal(t, stop()) }()
	schema := "keys_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	defer dropSchema(t, address, schema) // after the servers have stopped
	shared, apart := t.TempDir(), t.TempDir()
	log := esdbtest.Start(t, esdbtest.Options{}).Connection()
	open := func(keys string) *running {
		cfg := config(t)
		cfg.Store.Engine, cfg.Store.ESDB = "esdb", log
		cfg.Vault.Engine, cfg.Vault.Postgres, cfg.Vault.Schema = "postgres", address, schema
		cfg.MasterKey = keys
		return start(t, cfg)
	}
	here := open(shared)
	defer here.stop()
	copyKeys(t, shared, apart)
	there, far := open(shared), open(apart)
	defer there.stop()
	defer far.stop()
	works := func(what string) {
		t.Helper()
		for i, r := range []*running{here, there, far} {
			if _, err := operate.AddStaff.Run(t.Context(), r.console(), operate.StaffAdd{Email: uuid.NewString() + "@example.org", Role: "analyst"}, nil); err != nil {
				t.Errorf("%s, process %d: %v", what, i, err)
			}
		}
	}
	works("before")

	con := here.console()
	if _, err := operate.RotateKeys.Run(t.Context(), con, operate.KeysRotate{}, noProgress); code(err) != "key_not_held" {
		t.Fatalf("error %v", err)
	}
	works("after a refusal")
	copyKeys(t, shared, apart)
	done, err := operate.RotateKeys.Run(t.Context(), con, operate.KeysRotate{}, noProgress)
	fatal(t, err)
	if len(done.Keys) != 2 || done.Rows == 0 || done.Keys[0].State != operate.KeyKept || done.Keys[1].ID != done.Key {
		t.Errorf("%+v", done)
	}
	works("after the rotation")

	old := done.Keys[0]
	fatal(t, os.Remove(old.Files[0]))
	fatal(t, os.Remove(filepath.Join(apart, filepath.Base(old.Files[0]))))
	_, err = operate.RecordDestroyedKey.Run(t.Context(), con, operate.KeysDestroyed{Key: old.ID, Force: true}, nil)
	fatal(t, err)
	for _, r := range []*running{there, far} {
		eventually(t, "that another process lets the key go", func() bool {
			all, err := operate.ListKeys.Run(t.Context(), r.console(), operate.None{}, nil)
			fatal(t, err)
			return all[0].State == operate.KeyDestroyed && !all[0].Held
		})
	}
	works("with one key")

	// Who has no file of the key is told, and nothing stays behind of the key that was made for a new ledger.
	stranger := config(t)
	stranger.Store.Engine, stranger.Store.ESDB = "esdb", log
	stranger.Vault.Engine, stranger.Vault.Postgres, stranger.Vault.Schema = "postgres", address, schema
	stranger.MasterKey = t.TempDir()
	if _, err := server.Open(t.Context(), stranger, server.Options{}); err == nil || !strings.Contains(err.Error(), done.Key) {
		t.Errorf("error %v", err)
	}
	left, err := os.ReadDir(stranger.MasterKey)
	fatal(t, err)
	if len(left) != 0 {
		t.Errorf("%v is left", left)
	}
}

// copyKeys copies what is in one folder of keys to another, as an operator does by hand.
func copyKeys(t *testing.T, from, to string) {
	t.Helper()
	all, err := os.ReadDir(from)
	fatal(t, err)
	for _, f := range all {
		b, err := os.ReadFile(filepath.Join(from, f.Name()))
		fatal(t, err)
		fatal(t, os.WriteFile(filepath.Join(to, f.Name()), b, 0o600))
	}
}

// dropSchema leaves nothing on a server that is not the test's own.
func dropSchema(t *testing.T, address, schema string) {
	t.Helper()
	conn, err := pgx.Connect(context.Background(), address)
	fatal(t, err)
	_, err = conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE")
	fatal(t, errors.Join(err, conn.Close(context.Background())))
}
