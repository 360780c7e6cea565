package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
)

const (
	// applicationID is "ALVT" and tells the file from other SQLite databases.
	applicationID = 0x414C5654
	schemaVersion = 3
)

// SQLite's secure_delete zeroes what is deleted, but when a b-tree page is rebuilt,
// cells that moved to a neighbour can be left behind in its unused middle, and deleting the
// cell later does not reach that copy (seen once in some ten thousand rows). So nothing
// that must be destroyable is ever in a cell that moves: those columns are in rowid
// tables that only grow at the end, which SQLite never rebuilds; rows are never deleted
// but overwritten in place with zeros of the same size; and indexes hold names, which may
// stay, or three bytes of a digest or claim, which only narrow the search.
//
// For rows to keep their size, flags are 0 or 1 and times are Unix milliseconds.
const schema = `
CREATE TABLE vault (
	one        INTEGER PRIMARY KEY CHECK (one = 1),
	id         BLOB NOT NULL,
	created_at INTEGER NOT NULL,
	pinged_at  INTEGER NOT NULL,
	master     BLOB NOT NULL,
	proof      BLOB NOT NULL,
	turn       INTEGER NOT NULL, -- how many transactions there were
	log        BLOB NOT NULL,    -- that the vault belongs to; empty for none
	at_commit  INTEGER NOT NULL, -- up to where in it every key is known
	at_prepare INTEGER NOT NULL,
	event      BLOB NOT NULL,    -- that stands there
	listed     INTEGER NOT NULL, -- entries of the list of destructions then
	list_hash  BLOB NOT NULL
) STRICT;

-- Logs that it belonged to before.
CREATE TABLE logs (
	row INTEGER PRIMARY KEY,
	id  BLOB NOT NULL UNIQUE
) STRICT;

CREATE TABLE keys (
	row     INTEGER PRIMARY KEY,
	name    BLOB NOT NULL UNIQUE,
	live    INTEGER NOT NULL,
	at      INTEGER NOT NULL, -- made, or destroyed where live = 0
	id      BLOB NOT NULL,
	master  BLOB NOT NULL,
	wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE secrets (
	row     INTEGER PRIMARY KEY,
	name    BLOB NOT NULL,
	current INTEGER NOT NULL, -- 0: another row took its place
	live    INTEGER NOT NULL,
	at      INTEGER NOT NULL, -- put, or destroyed where live = 0
	id      BLOB NOT NULL,
	master  BLOB NOT NULL,
	wrapped BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX secrets_name ON secrets (name) WHERE current = 1;

CREATE TABLE identifiers (
	row    INTEGER PRIMARY KEY,
	live   INTEGER NOT NULL,
	digest BLOB NOT NULL,
	claim  BLOB NOT NULL
) STRICT;
CREATE INDEX identifiers_digest ON identifiers (substr(digest, 1, 3)) WHERE live = 1;
CREATE INDEX identifiers_claim ON identifiers (substr(claim, 14, 3)) WHERE live = 1;

-- 0 stands for what is not known or has not happened. The vault's row names the current one.
CREATE TABLE masters (
	row          INTEGER PRIMARY KEY,
	id           BLOB NOT NULL UNIQUE,
	made_at      INTEGER NOT NULL,
	began_at     INTEGER NOT NULL,
	ended_at     INTEGER NOT NULL DEFAULT 0, -- no row has been under it since
	destroyed_at INTEGER NOT NULL DEFAULT 0,
	proof        BLOB NOT NULL
) STRICT;
`

// prepare creates the tables in a new file or checks existing ones: that they are
// ours, of this version, and written under a master key that is held. existing creates none.
func (v *Vault) prepare(ctx context.Context, conn *sql.Conn, existing bool) error {
	var app, version int
	if err := conn.QueryRowContext(ctx, "PRAGMA application_id").Scan(&app); err != nil {
		return unavailable("reading the file", err)
	}
	if err := conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return unavailable("reading the file", err)
	}
	if app == 0 && version == 0 {
		var tables int
		if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&tables); err != nil {
			return unavailable("reading the file", err)
		}
		if tables == 0 && existing {
			return fmt.Errorf("%w: %s is empty", vault.ErrMissing, v.path)
		}
		if tables == 0 {
			return v.create(ctx, conn)
		}
	}
	if app != applicationID {
		return fmt.Errorf("%w: the file is not a vault", ErrSchema)
	}
	if version != schemaVersion {
		return fmt.Errorf("%w: schema %d, this program knows %d", ErrSchema, version, schemaVersion)
	}
	return v.proveMasters(ctx, conn)
}

func (v *Vault) create(ctx context.Context, conn *sql.Conn) error {
	id, err := uuid.NewRandom()
	if err != nil {
		return unavailable("making an id", err)
	}
	m := v.masters.Newest()
	proof, err := m.Prove(id)
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return unavailable("making the tables", err)
	}
	defer func() { _ = tx.Rollback() }()
	marks := fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d;", applicationID, schemaVersion)
	if _, err := tx.ExecContext(ctx, schema+marks); err != nil {
		return unavailable("making the tables", err)
	}
	now := time.Now().UnixMilli()
	if _, err := tx.ExecContext(ctx, "INSERT INTO vault VALUES (1, ?, ?, ?, ?, ?, 0, x'', 0, 0, x'', 0, x'')", id[:], now, now, m.ID[:], proof); err != nil {
		return unavailable("making the tables", err)
	}
	if _, err := tx.ExecContext(ctx, "INSERT INTO masters (id, made_at, began_at, proof) VALUES (?, ?, ?, ?)",
		m.ID[:], millis(m.MadeAt), now, proof); err != nil {
		return unavailable("making the tables", err)
	}
	if err := tx.Commit(); err != nil {
		return unavailable("making the tables", err)
	}
	v.id = id
	v.current.Store(m)
	return nil
}
