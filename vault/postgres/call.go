package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"accountledger/vault"
)

// tries is how often a transaction is tried if the server asks to repeat it.
const tries = 5

// call runs one call of the port: within its time, repeated where that can help, and with
// errors that a caller can tell apart.
func (v *Vault) call(ctx context.Context, doing string, do func(ctx context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.Health(); err != nil {
		return err
	}
	within, cancel := v.outage.limit(ctx, v.timeout)
	defer cancel()
	var err error
	for range tries {
		err = do(within)
		var refused *pgconn.PgError
		if err == nil || errors.As(err, &refused) {
			v.outage.answered()
		}
		if err == nil || within.Err() != nil || !passing(err) {
			break
		}
	}
	if err != nil && v.closed.Load() {
		return ErrClosed
	}
	return fail(ctx, within, doing, err)
}

// reading is call for reads that must not be older than a second: if the answer took as long
// as the cache is trusted, it asks again. It also retries once after
// a broken connection: after a restart of the server the pool has dead ones.
func (v *Vault) reading(ctx context.Context, do func(ctx context.Context) error) error {
	return v.call(ctx, "reading", func(ctx context.Context) error {
		again := true
		for {
			began := time.Now()
			err := do(ctx)
			switch {
			case ctx.Err() != nil:
				return ctx.Err()
			case err == nil && since(began) < v.news.limit:
				return nil
			case err == nil:
			case again && broken(err):
				again = false
				v.pool.Reset() // the other pooled ones may be dead too
			default:
				return err
			}
		}
	})
}

// slowly runs a transaction that reads whole tables, and so is bounded only by its caller's context.
func (v *Vault) slowly(ctx context.Context, doing string, do func(tx pgx.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := v.Health(); err != nil {
		return err
	}
	err := pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SET LOCAL statement_timeout = 0"); err != nil {
			return err
		}
		return do(tx)
	})
	return fail(ctx, ctx, doing, err)
}

// use holds the master keys that concern a transaction.
type use struct {
	// current wraps what is written.
	current *vault.MasterKey
	// all are those that rows may be under, including current.
	all []*vault.MasterKey
}

// mastersInUse is read in every transaction that wraps.
const mastersInUse = "SELECT master, ARRAY(SELECT id FROM masters WHERE ended_at IS NULL) FROM vault"

// writing runs a transaction that wraps. The current master key does not change
// until it has ended.
func (v *Vault) writing(ctx context.Context, doing string, do func(ctx context.Context, conn *pgx.Conn, u use) error) error {
	return v.call(ctx, doing, func(ctx context.Context) error {
		pooled, err := v.pool.Acquire(ctx)
		if err != nil {
			return err
		}
		defer pooled.Release()
		conn := pooled.Conn()
		u, err := v.begin(ctx, conn)
		if err == nil {
			err = do(ctx, conn, u)
		}
		if err == nil {
			_, err = conn.Exec(ctx, "COMMIT")
			return err
		}
		if !conn.IsClosed() {
			// The pool discards a connection that is still in a transaction.
			_, _ = conn.Exec(ctx, "ROLLBACK")
		}
		return err
	})
}

// begin opens a transaction and blocks changes of the master key, in one round trip.
// The statement that reads the masters starts after the lock is held, and so sees the last change.
func (v *Vault) begin(ctx context.Context, conn *pgx.Conn) (use, error) {
	var u use
	var current uuid.UUID
	var ids []uuid.UUID
	b := &pgx.Batch{}
	b.Queue("BEGIN")
	b.Queue("SELECT pg_advisory_xact_lock_shared($1)", v.locks.master)
	b.Queue(mastersInUse).QueryRow(func(row pgx.Row) error { return row.Scan(&current, &ids) })
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return u, err
	}
	var err error
	if u.current, err = v.master(current); err != nil {
		return u, err
	}
	u.all, err = v.held(ids)
	return u, err
}
