package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/google/uuid"

	"accountledger/internal/witness"
	"accountledger/pagesum"
	"accountledger/vault"
)

// Binding implements vault.Binder.
func (v *Vault) Binding(ctx context.Context) (b vault.Binding, err error) {
	err = v.reading(ctx, func() error {
		var log, event, hash []byte
		var commit, prepare int64
		err := v.reads.QueryRowContext(ctx, "SELECT log, at_commit, at_prepare, event, listed, list_hash FROM vault").
			Scan(&log, &commit, &prepare, &event, &b.List.Entries, &hash)
		if err != nil {
			return readError(ctx, err)
		}
		copy(b.List.Hash[:], hash)
		b.Commit, b.Prepare = uint64(commit), uint64(prepare) //nolint:gosec // written by Bind
		if b.Log, err = idOf(log); err == nil {
			b.Event, err = idOf(event)
		}
		return err
	})
	return b, err
}

func idOf(b []byte) (uuid.UUID, error) {
	if len(b) == 0 {
		return uuid.Nil, nil
	}
	id, err := uuid.FromBytes(b)
	if err != nil {
		return id, fmt.Errorf("%w: the position in its log cannot be read", vault.ErrCorrupt)
	}
	return id, nil
}

// Bind implements vault.Binder.
func (v *Vault) Bind(ctx context.Context, b vault.Binding) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return v.write(&request{ctx: ctx, apply: func(ctx context.Context, w *writer) error {
		if err := w.exec(ctx, w.put.retire, b.Log[:]); err != nil {
			return unavailable("binding it to its log", err)
		}
		err := w.exec(ctx, w.put.bind, b.Log[:], int64(b.Commit), int64(b.Prepare), b.Event[:]) //nolint:gosec // logs count below 2^63
		if err != nil {
			return unavailable("binding it to its log", err)
		}
		if b.List.Entries == 0 {
			return nil
		}
		if err := w.exec(ctx, w.put.bindList, b.List.Entries, b.List.Hash[:]); err != nil {
			return unavailable("binding it to its log", err)
		}
		return nil
	}})
}

// Before implements vault.Binder.
func (v *Vault) Before(ctx context.Context) (all []uuid.UUID, err error) {
	err = v.reading(ctx, func() error {
		rows, err := v.reads.QueryContext(ctx, "SELECT id FROM logs ORDER BY row")
		if err != nil {
			return readError(ctx, err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var b []byte
			if err := rows.Scan(&b); err != nil {
				return readError(ctx, err)
			}
			id, err := idOf(b)
			if err != nil {
				return err
			}
			all = append(all, id)
		}
		return readError(ctx, rows.Err())
	})
	return all, err
}

// exists returns vault.ErrMissing if there is no file, or an empty one.
func exists(dir string) error {
	path := filepath.Join(dir, fileName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return fmt.Errorf("%w: %s is not there", vault.ErrMissing, path)
	case err != nil:
		return unavailable("looking for its file", err)
	case info.Size() == 0 && !whole(path+"-wal"):
		return fmt.Errorf("%w: %s is empty", vault.ErrMissing, path)
	}
	return nil
}

// Exists reports whether a folder holds a vault, in whatever state, without changing anything there. An empty file does not count.
func Exists(dir string) (bool, error) {
	err := exists(dir)
	if errors.Is(err, vault.ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

func whole(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() > 0
}

// checkBehind compares the vault with what it acknowledged before anything is written: the last connection that can write copies
// the write-ahead log into the file and deletes it. Read errors here are left for the next opening to report.
func (v *Vault) checkBehind(ctx context.Context, o Options) (err error) {
	if o.Witness == "" || o.Behind || !whole(v.path) && !whole(v.path+"-wal") {
		return nil
	}
	from, err := pagesum.ReadOnlyAddress(v.path)
	if err != nil {
		return unavailable("opening the file", err)
	}
	db, err := sql.Open("sqlite", from)
	if err != nil {
		return unavailable("opening the file", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	var id []byte
	var turn int64
	if db.QueryRowContext(ctx, "SELECT id, turn FROM vault").Scan(&id, &turn) != nil {
		return nil // reported by the opening that follows
	}
	of, err := uuid.FromBytes(id)
	if err != nil {
		return nil
	}
	said, err := witness.Look(o.Witness, of)
	if err != nil {
		return unavailable("opening the file", err)
	}
	if missing := int64(said) - turn; missing > 0 { //nolint:gosec // transactions are counted below 2^63
		return &vault.BehindError{File: v.path, By: o.Witness, Missing: missing}
	}
	return nil
}

// openWitness continues from the vault's last transaction. An acknowledged number is never used for another transaction.
func (v *Vault) openWitness(ctx context.Context, conn *sql.Conn, o Options) error {
	if err := conn.QueryRowContext(ctx, "SELECT turn FROM vault").Scan(&v.turn); err != nil {
		return unavailable("reading the file", err)
	}
	if o.Witness == "" {
		return nil
	}
	said, err := witness.Look(o.Witness, v.id)
	if err == nil {
		v.turn = max(v.turn, int64(said))                              //nolint:gosec // transactions are counted below 2^63
		v.witness, err = witness.Open(o.Witness, v.id, uint64(v.turn)) //nolint:gosec // not negative
	}
	if err != nil {
		return unavailable("opening the file", err)
	}
	return nil
}

// committed records that the transaction just committed may be acknowledged.
func (w *writer) committed() error {
	w.vault.turn++
	if w.vault.witness == nil {
		return nil
	}
	if err := w.vault.witness.Set(uint64(w.vault.turn)); err != nil { //nolint:gosec // not negative
		return unavailable("committing", err)
	}
	return nil
}
