//go:build engines

package postgres_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"accountledger/vault"
	"accountledger/vault/postgres"
	"accountledger/vault/postgres/postgrestest"
)

// address is the server's for the tests that may share one.
var address string

func TestMain(m *testing.M) {
	if task := os.Getenv(childVariable); task != "" {
		os.Exit(child(task))
	}
	at, stop, err := postgrestest.Address(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	address = at
	code := m.Run()
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// place is a test's own vault: a schema on a server.
type place struct{ address, schema string }

// newPlace names a schema and drops it when the test ends.
func newPlace(t testing.TB) place {
	t.Helper()
	p := place{address, "vault_test_" + randomName()}
	t.Cleanup(func() { p.drop(t) })
	return p
}

func (p place) drop(t testing.TB) {
	t.Helper()
	_, err := p.connect(t).Exec(context.Background(), "DROP SCHEMA IF EXISTS "+p.quoted()+" CASCADE")
	ok(t, err)
}

func (p place) quoted() string {
	return pgx.Identifier{p.schema}.Sanitize()
}

// connect bypasses the vault.
func (p place) connect(t testing.TB) *pgx.Conn {
	t.Helper()
	config, err := pgx.ParseConfig(p.address)
	ok(t, err)
	config.RuntimeParams["search_path"] = p.quoted()
	conn, err := pgx.ConnectConfig(context.Background(), config)
	ok(t, err)
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// open opens the place as one more process would.
func (p place) open(t testing.TB, o postgres.Options, newest *vault.MasterKey, older ...*vault.MasterKey) *postgres.Vault {
	t.Helper()
	o.Schema = p.schema
	if o.Connections == 0 {
		o.Connections = 4
	}
	v, err := postgres.Open(t.Context(), p.address, ring(t, newest, older...), o)
	ok(t, err)
	t.Cleanup(func() { _ = v.Close() })
	return v
}

func ring(t testing.TB, newest *vault.MasterKey, older ...*vault.MasterKey) *vault.Keyring {
	t.Helper()
	r, err := vault.NewKeyring(newest, older...)
	ok(t, err)
	return r
}

func newMaster(t testing.TB) *vault.MasterKey {
	t.Helper()
	m, err := vault.NewMasterKey()
	ok(t, err)
	return m
}

func randomName() string {
	b := make([]byte, 8)
	_, _ = rand.Read(b)
	return hex.EncodeToString(b)
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// hostOf is host and port of an address.
func hostOf(t testing.TB, address string) string {
	t.Helper()
	config, err := pgx.ParseConfig(address)
	ok(t, err)
	return net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port)))
}

// withHost is an address (a URL) with another host and port.
func withHost(t testing.TB, address, host string) string {
	t.Helper()
	u, err := url.Parse(address)
	ok(t, err)
	u.Host = host
	return u.String()
}
