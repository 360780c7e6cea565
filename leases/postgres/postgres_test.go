//go:build engines

package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/faults/network"
	"accountledger/leases"
	"accountledger/leases/leasetest"
	"accountledger/leases/postgres"
	"accountledger/vault/postgres/postgrestest"
)

// address is the server's for all tests.
var address string

func TestMain(m *testing.M) {
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

// place names a schema and drops it when the test ends.
func place(t *testing.T) string {
	t.Helper()
	schema := "leases_test_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	t.Cleanup(func() {
		conn, err := pgx.Connect(context.Background(), address)
		if err == nil {
			_, err = conn.Exec(context.Background(), "DROP SCHEMA IF EXISTS "+schema+" CASCADE")
			err = errors.Join(err, conn.Close(context.Background()))
		}
		ok(t, err)
	})
	return schema
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, at, schema string) *postgres.Server {
	t.Helper()
	s, err := postgres.Open(t.Context(), at, postgres.Options{Schema: schema})
	ok(t, err)
	t.Cleanup(func() { ok(t, s.Close()) })
	return s
}

func TestSuite(t *testing.T) {
	leasetest.Run(t, func(t *testing.T) func() leases.Server {
		schema := place(t)
		return func() leases.Server { return open(t, address, schema) }
	})
}

// Many processes that start at once create the tables once.
func TestManyStartAtOnce(t *testing.T) {
	schema := place(t)
	var all sync.WaitGroup
	for range 6 {
		s := open(t, address, schema)
		all.Go(func() {
			if _, err := s.Look(context.WithoutCancel(t.Context())); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A holder cut off from the server knows that its lease is lost before another process has it.
func TestAHolderWhoseConnectionGoes(t *testing.T) {
	config, err := pgx.ParseConfig(address)
	ok(t, err)
	for how, cut := range map[string]func(*network.Proxy){
		"silent": (*network.Proxy).Freeze,
		"broken": func(p *network.Proxy) { p.Freeze(); p.Cut() },
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			schema := place(t)
			proxy, err := network.NewProxy(net.JoinHostPort(config.Host, strconv.Itoa(int(config.Port))))
			ok(t, err)
			t.Cleanup(func() { ok(t, proxy.Close()) })
			u, err := url.Parse(address)
			ok(t, err)
			u.Host = proxy.Address()
			o := leases.Options{TTL: time.Second}
			here, there := leases.New(open(t, u.String(), schema), o), leases.New(open(t, address, schema), o)
			t.Cleanup(func() {
				proxy.Flow()
				_, _ = here.Close(), there.Close()
			})
			held, err := here.Acquire(t.Context(), "x")
			ok(t, err)
			ok(t, held.Save(t.Context(), []byte("before")))
			cut(proxy)
			taken, err := there.Wait(t.Context(), "x")
			ok(t, err)
			if held.Held() || string(taken.Place()) != "before" {
				t.Errorf("held %v, place %q", held.Held(), taken.Place())
			}
			proxy.Flow()
			if err := held.Save(t.Context(), []byte("late")); !errors.Is(err, leases.ErrLost) {
				t.Error(err)
			}
		})
	}
}

// A process starts even if the server is out of reach, and reports it.
func TestOutOfReach(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ok(t, err)
	at := l.Addr().String()
	ok(t, l.Close())
	s := open(t, "postgres://nobody:secret@"+at+"/x?sslmode=disable", "leases_test")
	_, err = s.Look(t.Context())
	if !errors.Is(err, leases.ErrUnavailable) {
		t.Fatal(err)
	}
	if _, err := postgres.Open(t.Context(), "postgres://user:secret@host:port/x", postgres.Options{}); !errors.Is(err, leases.ErrInvalid) ||
		strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
}
