package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/vault"
)

var _ vault.Portable = (*Vault)(nil)

// VaultID implements vault.Portable.
func (v *Vault) VaultID() uuid.UUID { return v.id }

// Keyring implements vault.Portable.
func (v *Vault) Keyring() *vault.Keyring { return v.masters }

const (
	dumpKeys    = "SELECT row, name, at, live, id, master, wrapped FROM keys WHERE row > ? ORDER BY row LIMIT ?"
	dumpSecrets = "SELECT row, name, at, live, id, master, wrapped FROM secrets WHERE current = 1 AND row > ? ORDER BY row LIMIT ?"
	dumpMap     = "SELECT row, digest, claim FROM identifiers WHERE live = 1 AND row > ? ORDER BY row LIMIT ?"
)

// Dump implements vault.Portable. Identifiers, which are not wrapped in the file, are wrapped
// under the current master key.
func (v *Vault) Dump(ctx context.Context, yield func([]vault.Row) error) error {
	for _, t := range []struct {
		query string
		scan  func(*sql.Rows) (int64, vault.Row, error)
	}{
		{dumpKeys, scanRow(vault.KindKey)}, {dumpSecrets, scanRow(vault.KindSecret)}, {dumpMap, v.scanMapRow},
	} {
		err := vault.DumpPages(0, func(after int64) ([]vault.Row, int64, error) { return v.dumpSome(ctx, t.query, after, t.scan) }, yield)
		if err != nil {
			return err
		}
	}
	return nil
}

// dumpSome reads the rows after one of them.
func (v *Vault) dumpSome(
	ctx context.Context, query string, after int64, scan func(*sql.Rows) (int64, vault.Row, error),
) (all []vault.Row, last int64, err error) {
	err = v.reading(ctx, func() error {
		rows, err := v.reads.QueryContext(ctx, query, after, vault.RowsAtOnce)
		if err != nil {
			return readError(ctx, err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			number, row, err := scan(rows)
			if err != nil {
				return readError(ctx, err)
			}
			all, last = append(all, row), number
		}
		return readError(ctx, rows.Err())
	})
	return all, last, err
}

// scanRow reads a row of keys or secrets. A bad id shows when the row does not open.
func scanRow(kind vault.Kind) func(*sql.Rows) (int64, vault.Row, error) {
	return func(rows *sql.Rows) (number int64, r vault.Row, err error) {
		var name, id, master []byte
		var at int64
		var live bool
		if err := rows.Scan(&number, &name, &at, &live, &id, &master, &r.Wrapped); err != nil {
			return 0, r, err
		}
		r.Kind, r.Name, r.At, r.Destroyed = kind, string(name), moment(at), !live
		if r.Destroyed {
			r.Wrapped = nil
			return number, r, nil
		}
		copy(r.ID[:], id)
		copy(r.Master[:], master)
		return number, r, nil
	}
}

func (v *Vault) scanMapRow(rows *sql.Rows) (number int64, r vault.Row, err error) {
	var digest, claim []byte
	if err := rows.Scan(&number, &digest, &claim); err != nil {
		return 0, r, err
	}
	held, err := uuid.FromBytes(claim)
	if err != nil || len(digest) != len(vault.Digest{}) {
		return 0, r, fmt.Errorf("%w: a row of the map", vault.ErrCorrupt)
	}
	if r.ID, err = uuid.NewRandom(); err != nil {
		return 0, r, unavailable("making an id", err)
	}
	m := v.current.Load()
	r.Kind, r.Master = vault.KindIdentifier, m.ID
	r.Wrapped, err = m.WrapIdentifier(r.ID, vault.Digest(digest), held)
	return number, r, err
}

// Load implements vault.Portable. The rows are one transaction; bytes that a tombstone
// replaces are out of the files when it returns, or the error is ErrRemains.
func (v *Vault) Load(ctx context.Context, held *vault.Keyring, rows []vault.Row) error {
	in, err := vault.OpenRows(held, rows)
	if err != nil {
		return err
	}
	return v.write(&request{
		ctx: ctx, destroys: in.Destroys(),
		apply: func(ctx context.Context, w *writer) error { return w.load(ctx, in) },
		done:  func() { v.cache.Evict(in.GoneKeys()...) },
	})
}

func (w *writer) load(ctx context.Context, in *vault.Loading) error {
	for _, r := range in.DestroyedKeys {
		err := w.exec(ctx, w.put.buryKey, []byte(r.Name), millis(r.At))
		if err == nil {
			err = w.exec(ctx, w.put.destroyKey, []byte(r.Name), millis(r.At))
		}
		if err != nil {
			return unavailable("loading a row", err)
		}
	}
	for _, r := range in.DestroyedSecrets {
		if err := w.loadTombstone(ctx, r); err != nil {
			return unavailable("loading a row", err)
		}
	}
	for i := range in.Live {
		if err := w.loadLive(ctx, &in.Live[i]); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) loadLive(ctx context.Context, r *vault.OpenedRow) error {
	switch r.Kind {
	case vault.KindKey:
		return w.loadKey(ctx, r)
	case vault.KindSecret:
		if err := w.loadSecret(ctx, r); err != nil {
			return unavailable("loading a row", err)
		}
		return nil
	default:
		return w.loadIdentifier(ctx, r.Content)
	}
}

func (w *writer) loadKey(ctx context.Context, r *vault.OpenedRow) error {
	m := w.vault.current.Load()
	wrapped, err := r.Rewrap(m)
	if err != nil {
		return err
	}
	result, err := w.put.insertKey.ExecContext(ctx, []byte(r.Name), millis(r.At), r.Key.ID[:], m.ID[:], wrapped)
	if err != nil {
		return unavailable("loading a row", err)
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return err
	}
	stored, err := w.storedKey(ctx, r.Name)
	switch {
	case errors.Is(err, vault.ErrDestroyed):
		return nil
	case err == nil && stored.ID != r.Key.ID:
		return vault.OccupiedKey(r.Name)
	}
	return err
}

func (w *writer) loadSecret(ctx context.Context, r *vault.OpenedRow) error {
	old, err := w.storedSecret(ctx, r.Name)
	if err == nil && (!old.live || string(old.id) == string(r.ID[:])) {
		return nil
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	m := w.vault.current.Load()
	wrapped, err := r.Rewrap(m)
	if err != nil {
		return err
	}
	if old.live {
		if err := w.exec(ctx, w.put.wipeSecret, old.row, millis(r.At), 0); err != nil {
			return err
		}
	}
	return w.exec(ctx, w.put.insertSecret, []byte(r.Name), millis(r.At), r.ID[:], m.ID[:], wrapped)
}

func (w *writer) loadTombstone(ctx context.Context, r *vault.Row) error {
	old, err := w.storedSecret(ctx, r.Name)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return w.exec(ctx, w.put.burySecret, []byte(r.Name), millis(r.At))
	case err != nil || !old.live:
		return err
	default:
		return w.exec(ctx, w.put.wipeSecret, old.row, millis(r.At), 1)
	}
}

func (w *writer) loadIdentifier(ctx context.Context, c vault.Content) error {
	held, err := w.insertIdentifier(ctx, c.Digest, c.Claim)
	if errors.Is(err, vault.ErrInvalid) || err == nil && held != c.Claim {
		return vault.OccupiedIdentifier()
	}
	return err
}

// LoadMasters implements vault.Portable.
func (v *Vault) LoadMasters(ctx context.Context, states []vault.MasterState) error {
	return v.write(&request{ctx: ctx, apply: func(ctx context.Context, w *writer) error {
		for _, s := range states {
			ended := millis(s.EndedAt)
			if ended == 0 {
				ended = now()
			}
			_, err := w.conn.ExecContext(ctx, `INSERT INTO masters (id, made_at, began_at, ended_at, destroyed_at, proof)
				VALUES (?1, ?2, ?3, ?4, ?5, x'')
				ON CONFLICT (id) DO UPDATE SET began_at = min(began_at, excluded.began_at),
					destroyed_at = max(destroyed_at, excluded.destroyed_at)`,
				s.ID[:], millis(s.MadeAt), millis(s.BeganAt), ended, millis(s.DestroyedAt))
			if err != nil {
				return unavailable("loading the master keys", err)
			}
		}
		return nil
	}})
}
