// Package postgres keeps leases in a PostgreSQL database (14 or later), usually the vault's.
//
// Each method is one statement, and only the server's clock decides. synchronous_commit is on, so a server that
// recovers from a crash never issues an epoch twice.
package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"accountledger/leases"
)

// Options of Open. A zero field takes its default.
type Options struct {
	// Schema is the PostgreSQL schema of the tables: "accountledger_leases". It is created if missing.
	Schema string
	// Connections is how many calls are at the server at once: 2.
	Connections int
	// Timeout bounds every call whose context does not: 5 s.
	Timeout time.Duration
}

const (
	defaultSchema      = "accountledger_leases"
	defaultConnections = 2
	defaultTimeout     = 5 * time.Second
	// connectPatience bounds one attempt to reach a server.
	connectPatience = 3 * time.Second
	maxSchemaBytes  = 63
)

// Server is a leases.Server. Create it with Open.
type Server struct {
	pool    *pgxpool.Pool
	schema  string
	timeout time.Duration
	ready   atomic.Bool
}

var _ leases.Server = (*Server)(nil)

// Open prepares connections to the database at address ("postgres://user@host/database" or libpq's keywords). It
// makes no request yet, so a program can start while the server is out of reach; the first call that finds no tables creates
// them. Errors: leases.ErrInvalid for the address or an option. They do not repeat the address.
func Open(ctx context.Context, address string, o Options) (*Server, error) {
	if o.Schema == "" {
		o.Schema = defaultSchema
	}
	if o.Connections <= 0 {
		o.Connections = defaultConnections
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if len(o.Schema) > maxSchemaBytes {
		return nil, fmt.Errorf("%w: a schema name of more than %d bytes", leases.ErrInvalid, maxSchemaBytes)
	}
	config, err := pgxpool.ParseConfig(address)
	if err != nil { // the cause repeats the address
		return nil, fmt.Errorf("%w: the address of PostgreSQL", leases.ErrInvalid)
	}
	config.MaxConns = int32(min(o.Connections, 1000)) //nolint:gosec // bounded
	c := config.ConnConfig
	if c.ConnectTimeout == 0 || c.ConnectTimeout > connectPatience {
		c.ConnectTimeout = connectPatience
	}
	if c.ValidateConnect == nil {
		// Not read-write: a primary that refuses writes can still be read, but a standby may lack what the primary acknowledged.
		c.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsPrimary
	}
	c.RuntimeParams["synchronous_commit"] = "on"
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "accountledger"
	}
	// pg_temp comes last, or a temporary table could take the place of ours.
	c.RuntimeParams["search_path"] = quoted(o.Schema) + ", pg_temp"
	c.RuntimeParams["default_transaction_isolation"] = "read committed"
	c.RuntimeParams["statement_timeout"] = fmt.Sprint(o.Timeout.Milliseconds())
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("%w: preparing connections: %w", leases.ErrUnavailable, err)
	}
	return &Server{pool: pool, schema: o.Schema, timeout: o.Timeout}, nil
}

// closePatience bounds how long closing connections wait for a silent server.
const closePatience = time.Second

// Close ends the connections after the calls under way.
func (s *Server) Close() error {
	closed := make(chan struct{})
	go func() {
		defer close(closed)
		s.pool.Close()
	}()
	select {
	case <-closed:
	case <-time.After(closePatience):
	}
	return nil
}

// quoted is a name quoted for a statement.
func quoted(name string) string {
	return pgx.Identifier{name}.Sanitize()
}

// Times are the server's at the statement, not at the start of its transaction. A lease that nobody
// holds keeps its row, for its epoch and place.
const tables = `
CREATE TABLE IF NOT EXISTS leases (
	name    text PRIMARY KEY,
	epoch   bigint NOT NULL,
	holder  uuid,
	label   text NOT NULL,
	since   timestamptz NOT NULL,
	expires timestamptz NOT NULL,
	place   bytea
);
CREATE TABLE IF NOT EXISTS members (
	id      uuid PRIMARY KEY,
	label   text NOT NULL,
	expires timestamptz NOT NULL
);`

// prepare creates schema and tables, once, if missing.
func (s *Server) prepare(ctx context.Context) error {
	if s.ready.Load() {
		return nil
	}
	sum := sha256.Sum256([]byte("accountledger/leases/" + s.schema))
	lock := int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any 64 bits will do
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", lock); err != nil {
			return err
		}
		var named bool
		if err := tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", s.schema).Scan(&named); err != nil {
			return err
		}
		if !named {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA "+quoted(s.schema)); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, tables)
		return err
	})
	s.ready.Store(err == nil)
	return err
}

// call runs one method within its time.
func (s *Server) call(ctx context.Context, do func(ctx context.Context) error) error {
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()
	err := s.prepare(within)
	if err == nil {
		err = do(within)
	}
	switch {
	case err == nil, errors.Is(err, leases.ErrHeld), errors.Is(err, leases.ErrLost):
		return err
	case ctx.Err() != nil:
		return ctx.Err()
	case within.Err() != nil:
		return fmt.Errorf("%w: no answer in time", leases.ErrUnavailable)
	}
	return fmt.Errorf("%w: %w", leases.ErrUnavailable, err)
}
