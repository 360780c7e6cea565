package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"accountledger/vault"
)

// Rotate implements vault.Rotator. Each step of 256 rows is a transaction, and locks its
// rows no longer than that. Rows that writers change or
// destroy in the meantime stay as the writers left them.
func (v *Vault) Rotate(ctx context.Context, to *vault.MasterKey, progress func(vault.RotationProgress)) error {
	if err := v.masters.Add(to); err != nil {
		return err
	}
	release, err := v.rotating(ctx)
	if err != nil {
		return err
	}
	defer release()
	if err := v.makeCurrent(ctx, to); err != nil {
		return err
	}
	r := &rotation{vault: v, to: to, tell: progress}
	if r.Total, err = v.rowsNotUnder(ctx, to.ID); err != nil {
		return err
	}
	for _, t := range []table{v.keyRows(), v.secretRows(), v.identifierRows()} {
		if err := r.rewrap(ctx, t); err != nil {
			return err
		}
	}
	if err := v.finish(ctx, to); err != nil {
		return err
	}
	if r.Damaged > 0 {
		return errLeft
	}
	return nil
}

// rotating makes this the only rotating call. The lock ends with the session, so
// a crash does not leave it behind.
func (v *Vault) rotating(ctx context.Context) (release func(), err error) {
	var conn *pgxpool.Conn
	err = v.call(ctx, "beginning a rotation", func(ctx context.Context) error {
		var err error
		if conn, err = v.pool.Acquire(ctx); err != nil {
			return err
		}
		var first bool
		err = conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", v.locks.rotation).Scan(&first)
		if err == nil && !first {
			err = vault.ErrRotating
		}
		if err != nil {
			conn.Release()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), v.timeout)
		defer cancel()
		if _, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", v.locks.rotation); err != nil {
			_ = conn.Conn().Close(ctx) // the pool discards it
		}
		conn.Release()
	}, nil
}

// without counts the processes, other than this one, that have the vault open and do not hold a master
// key.
const without = `SELECT count(*) FROM pg_locks o
	WHERE o.locktype = 'advisory' AND o.objsubid = 1 AND o.granted
	AND o.database = (SELECT oid FROM pg_database WHERE datname = current_database())
	AND o.classid = ($1::bigint >> 32 & 4294967295)::oid AND o.objid = ($1::bigint & 4294967295)::oid
	AND o.pid <> $3 AND NOT EXISTS (SELECT FROM pg_locks h
		WHERE h.locktype = 'advisory' AND h.objsubid = 1 AND h.granted AND h.pid = o.pid AND h.database = o.database
		AND h.classid = ($2::bigint >> 32 & 4294967295)::oid AND h.objid = ($2::bigint & 4294967295)::oid)`

// makeCurrent makes to the master key of all further writes. Transactions that wrap under
// another one end first.
func (v *Vault) makeCurrent(ctx context.Context, to *vault.MasterKey) error {
	made, err := to.Prove(v.id)
	if err != nil {
		return err
	}
	return v.call(ctx, "changing the current master key", func(ctx context.Context) error {
		return v.alone(ctx, func(tx pgx.Tx) error {
			var lacking int
			err := tx.QueryRow(ctx, without, v.locks.open, v.locks.holds(to.ID), int64(v.session.Load())).Scan(&lacking)
			if err != nil {
				return err
			}
			if lacking > 0 {
				return fmt.Errorf("%w: %d lack %s", vault.ErrNotHeld, lacking, to.ID)
			}
			_, err = tx.Exec(ctx, "INSERT INTO masters (id, made_at, proof) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
				to.ID, moment(to.MadeAt), made)
			if err != nil {
				return err
			}
			var proof []byte
			var destroyed *time.Time
			err = tx.QueryRow(ctx, "SELECT proof, destroyed_at FROM masters WHERE id = $1", to.ID).Scan(&proof, &destroyed)
			if err != nil {
				return err
			}
			if destroyed != nil {
				return fmt.Errorf("%w: %s is recorded as destroyed", vault.ErrMasterKey, to.ID)
			}
			if err := to.CheckProof(v.id, proof); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, "UPDATE masters SET ended_at = NULL WHERE id = $1", to.ID); err != nil {
				return err
			}
			_, err = tx.Exec(ctx, "UPDATE vault SET master = $1 WHERE master <> $1", to.ID)
			return err
		})
	})
}

// finish records that nothing is under another master key, if so. Since to became the
// current one no transaction has wrapped under another, so what is not found now cannot appear.
func (v *Vault) finish(ctx context.Context, to *vault.MasterKey) error {
	return v.slowly(ctx, "ending a rotation", func(tx pgx.Tx) error {
		// The lock on the row keeps another rotation from beginning.
		var current uuid.UUID
		if err := tx.QueryRow(ctx, "SELECT master FROM vault FOR SHARE").Scan(&current); err != nil {
			return err
		}
		if current != to.ID {
			return fmt.Errorf("%w: to %s", vault.ErrRotating, current)
		}
		_, err := tx.Exec(ctx, `UPDATE masters m SET ended_at = clock_timestamp() WHERE m.id <> $1 AND m.ended_at IS NULL
			AND NOT EXISTS (SELECT FROM keys WHERE live AND master = m.id)
			AND NOT EXISTS (SELECT FROM secrets WHERE live AND master = m.id)
			AND NOT EXISTS (SELECT FROM identifiers WHERE master = m.id)`, to.ID)
		return err
	})
}

// errLeft: rows were skipped because they do not open.
var errLeft = fmt.Errorf("%w: rows do not open under the master keys they name", vault.ErrCorrupt)

func (v *Vault) rowsNotUnder(ctx context.Context, id uuid.UUID) (n int64, err error) {
	err = v.slowly(ctx, "counting rows", func(tx pgx.Tx) error {
		return tx.QueryRow(ctx, `SELECT (SELECT count(*) FROM keys WHERE live AND master <> $1)
			+ (SELECT count(*) FROM secrets WHERE live AND master <> $1)
			+ (SELECT count(*) FROM identifiers WHERE master <> $1)`, id).Scan(&n)
	})
	return n, err
}
