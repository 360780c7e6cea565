package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

const schemaVersion = 2

// Tombstones hold no id, master key or bytes. Destructions of keys are numbered without
// gaps, in the order in which they commit: a transaction that takes a number holds the row it is
// taken from until it commits. So a process that has seen number n misses none by asking for greater ones.
const schema = `
CREATE TABLE vault (
	one        boolean PRIMARY KEY DEFAULT true CHECK (one),
	version    integer NOT NULL,
	id         uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	master     uuid NOT NULL, -- new rows are wrapped under it
	log        uuid,          -- that the vault belongs to
	at_commit  bigint NOT NULL DEFAULT 0, -- up to where in it every key is known
	at_prepare bigint NOT NULL DEFAULT 0,
	event      uuid,          -- that stands there
	listed     bigint NOT NULL DEFAULT 0, -- entries of the list of destructions then
	list_hash  bytea NOT NULL DEFAULT ''
);

-- Logs that it belonged to before.
CREATE TABLE logs (
	id uuid PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE masters (
	id           uuid PRIMARY KEY,
	made_at      timestamptz,
	began_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
	ended_at     timestamptz, -- no row has been under it since
	destroyed_at timestamptz,
	proof        bytea NOT NULL
);

CREATE TABLE destructions (
	one    boolean PRIMARY KEY DEFAULT true CHECK (one),
	number bigint NOT NULL DEFAULT 0
);

CREATE TABLE pings (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	at  timestamptz NOT NULL DEFAULT clock_timestamp()
);

CREATE TABLE keys (
	name        bytea PRIMARY KEY,
	live        boolean NOT NULL,
	at          timestamptz NOT NULL DEFAULT clock_timestamp(), -- made, or destroyed where not live
	id          uuid,
	master      uuid,
	wrapped     bytea,
	destruction bigint,
	CHECK (live = (id IS NOT NULL) AND live = (master IS NOT NULL) AND live = (wrapped IS NOT NULL)),
	CHECK (live = (destruction IS NULL))
);
CREATE INDEX keys_destruction ON keys (destruction) WHERE destruction IS NOT NULL;

CREATE TABLE secrets (
	name    bytea PRIMARY KEY,
	live    boolean NOT NULL,
	at      timestamptz NOT NULL DEFAULT clock_timestamp(), -- put, or destroyed where not live
	id      uuid,
	master  uuid,
	wrapped bytea,
	CHECK (live = (id IS NOT NULL) AND live = (master IS NOT NULL) AND live = (wrapped IS NOT NULL))
);

CREATE TABLE identifiers (
	digest  bytea PRIMARY KEY,     -- its mark under the row's master key
	claim   bytea NOT NULL UNIQUE, -- likewise
	id      uuid NOT NULL,
	master  uuid NOT NULL,
	wrapped bytea NOT NULL -- digest and claim
);

INSERT INTO destructions DEFAULT VALUES;
INSERT INTO pings DEFAULT VALUES;
`

// prepare creates the tables in a new schema or checks existing ones: that they are
// ours, of this version, and that every master key in use is held.
func (v *Vault) prepare(ctx context.Context, o Options) error {
	schemaName := o.Schema
	conn, err := v.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if err := checkServer(ctx, conn.Conn()); err != nil {
		return err
	}
	there, err := isThere(ctx, conn.Conn(), schemaName)
	if err == nil && !there {
		err = v.create(ctx, conn.Conn(), schemaName)
	}
	if err != nil {
		return err
	}
	var version int
	err = conn.QueryRow(ctx, "SELECT version, id FROM vault").Scan(&version, &v.id)
	if errors.Is(err, pgx.ErrNoRows) {
		return fmt.Errorf("%w: a table named vault without its row", ErrSchema)
	}
	if err != nil {
		return err
	}
	if version != schemaVersion {
		return fmt.Errorf("%w: version %d, this program knows %d", ErrSchema, version, schemaVersion)
	}
	if err := v.proveMasters(ctx, conn.Conn()); err != nil {
		return err
	}
	return v.checkBehind(ctx, conn, o)
}

// checkServer refuses a server that loses what it acknowledged.
func checkServer(ctx context.Context, conn *pgx.Conn) error {
	for _, setting := range []string{"fsync", "full_page_writes"} {
		var value string
		if err := conn.QueryRow(ctx, "SELECT current_setting($1)", setting).Scan(&value); err != nil {
			return err
		}
		if value != "on" {
			return fmt.Errorf("%w: %s is %s", ErrUnsafe, setting, value)
		}
	}
	return nil
}

// isThere reports whether the schema holds a vault. A schema with other tables is refused.
func isThere(ctx context.Context, conn *pgx.Conn, schemaName string) (bool, error) {
	var tables int
	var columns int
	err := conn.QueryRow(ctx, `SELECT
		(SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = $1),
		(SELECT count(*) FROM pg_catalog.pg_attribute a
			JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
			JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = $1 AND c.relname = 'vault' AND a.attname IN ('version', 'id', 'master'))`,
		schemaName).Scan(&tables, &columns)
	if err != nil {
		return false, err
	}
	if tables > 0 && columns != 3 {
		return false, fmt.Errorf("%w: the schema holds other tables", ErrSchema)
	}
	return tables > 0, nil
}

// create creates the tables, unless another process does so at the same time.
func (v *Vault) create(ctx context.Context, conn *pgx.Conn, schemaName string) error {
	id, err := uuid.NewRandom()
	if err != nil {
		return err
	}
	m := v.masters.Newest()
	proof, err := m.Prove(id)
	if err != nil {
		return err
	}
	return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", v.locks.making); err != nil {
			return err
		}
		there, err := isThere(ctx, conn, schemaName)
		if err != nil || there {
			return err
		}
		var named bool
		err = tx.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)", schemaName).Scan(&named)
		if err != nil {
			return err
		}
		if !named {
			if _, err := tx.Exec(ctx, "CREATE SCHEMA "+quoted(schemaName)); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, schema); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO masters (id, made_at, proof) VALUES ($1, $2, $3)", m.ID, moment(m.MadeAt), proof)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO vault (version, id, master) VALUES ($1, $2, $3)", schemaVersion, id, m.ID)
		return err
	})
}
