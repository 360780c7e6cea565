package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/internal/witness"
	"accountledger/vault"
)

// Binding implements vault.Binder.
func (v *Vault) Binding(ctx context.Context) (b vault.Binding, err error) {
	err = v.reading(ctx, func(ctx context.Context) error {
		b, err = readBinding(ctx, v.pool)
		return err
	})
	return b, err
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readBinding(ctx context.Context, from querier) (b vault.Binding, err error) {
	var commit, prepare int64
	var log, event *uuid.UUID
	var hash []byte
	err = from.QueryRow(ctx, "SELECT log, at_commit, at_prepare, event, listed, list_hash FROM vault").Scan(&log, &commit, &prepare,
		&event, &b.List.Entries, &hash)
	if err != nil {
		return b, err
	}
	copy(b.List.Hash[:], hash)
	b.Commit, b.Prepare = uint64(commit), uint64(prepare) //nolint:gosec // written by Bind
	if log != nil && event != nil {
		b.Log, b.Event = *log, *event
	}
	return b, nil
}

// Bind implements vault.Binder.
func (v *Vault) Bind(ctx context.Context, b vault.Binding) error {
	// A server that was put back must not appear to know every key up to there.
	known := v.lastBound()
	err := v.call(ctx, "binding it to its log", func(ctx context.Context) error {
		_, err := v.pool.Exec(ctx, `WITH ended AS (INSERT INTO logs (id)
				SELECT log FROM vault WHERE log <> $1 ON CONFLICT DO NOTHING)
			UPDATE vault SET log = $1, at_commit = $2, at_prepare = $3, event = $4
			WHERE (log IS DISTINCT FROM $1 OR at_commit < $2 OR at_commit = $2 AND at_prepare < $3)
				AND (log IS DISTINCT FROM $5 OR at_commit >= $6)`,
			b.Log, int64(b.Commit), int64(b.Prepare), b.Event, known.Log, int64(known.Commit)) //nolint:gosec // logs count below 2^63
		if err == nil && b.List.Entries > 0 {
			_, err = v.pool.Exec(ctx, "UPDATE vault SET listed = $1, list_hash = $2 WHERE listed <> $1 OR list_hash <> $2", b.List.Entries, b.List.Hash[:])
		}
		return err
	})
	if err != nil {
		return err
	}
	return v.bear(b)
}

// Before implements vault.Binder.
func (v *Vault) Before(ctx context.Context) (all []uuid.UUID, err error) {
	err = v.reading(ctx, func(ctx context.Context) error {
		rows, err := v.pool.Query(ctx, "SELECT id FROM logs ORDER BY at")
		if err != nil {
			return err
		}
		all, err = pgx.CollectRows(rows, pgx.RowTo[uuid.UUID])
		return err
	})
	return all, err
}

// bear records in the file outside the server how far the vault was bound.
func (v *Vault) bear(b vault.Binding) error {
	v.witnessing.Lock()
	defer v.witnessing.Unlock()
	if v.known.Log != b.Log || v.known.Commit < b.Commit {
		v.known = b
	}
	if v.witnessFile == "" {
		return nil
	}
	if v.witness != nil && v.bound.Log == b.Log {
		if b.Commit <= v.bound.Commit {
			return nil
		}
		v.bound = b
		return fileError(v.witness.Set(b.Commit))
	}
	if v.witness != nil { // for another log, whose positions cannot be compared with this one's
		if err := v.witness.Close(); err != nil {
			return fileError(err)
		}
	}
	w, err := witness.Open(v.witnessFile, witnessOf(v.id, b.Log), b.Commit)
	v.witness, v.bound = w, b
	return fileError(err)
}

// lastBound is the last position this process knows the vault to be bound to.
func (v *Vault) lastBound() vault.Binding {
	v.witnessing.Lock()
	defer v.witnessing.Unlock()
	return v.known
}

// witnessOf identifies what a witness is about: this vault with that log.
func witnessOf(id, log uuid.UUID) uuid.UUID { return uuid.NewSHA1(id, log[:]) }

func fileError(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", vault.ErrUnavailable, err)
}

// checkBehind compares the vault with how far it was bound when this process last saw it: a server that was put back to
// yesterday's state is behind.
func (v *Vault) checkBehind(ctx context.Context, conn querier, o Options) error {
	if !o.Reading {
		v.witnessFile = o.Witness
	}
	b, err := readBinding(ctx, conn)
	if err != nil || b.Log == uuid.Nil {
		return err
	}
	if o.Witness == "" {
		return v.bear(b)
	}
	said, err := witness.Look(o.Witness, witnessOf(v.id, b.Log))
	if err != nil {
		return fileError(err)
	}
	if said > b.Commit && !o.Behind {
		return &vault.BehindError{File: "the server's schema " + o.Schema, By: o.Witness}
	}
	return v.bear(b)
}

// Look reports whether the database at address has a vault in a schema, and whether that belongs to a log, without changing
// anything there.
func Look(ctx context.Context, address, schema string) (there, bound bool, err error) {
	o := Options{Schema: schema, Connections: 1, Timeout: defaultTimeout}
	if o.Schema == "" {
		o.Schema = defaultSchema
	}
	config, err := configure(address, o)
	if err != nil {
		return false, false, err
	}
	within, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(within, config.ConnConfig)
	if err != nil {
		return false, false, fail(ctx, within, "looking for it", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	there, err = isThere(within, conn, o.Schema)
	if err != nil || !there {
		return false, false, fail(ctx, within, "looking for it", err)
	}
	b, err := readBinding(within, conn)
	return true, b.Log != uuid.Nil, fail(ctx, within, "looking for it", err)
}
