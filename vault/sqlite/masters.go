package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
)

// proveMasters checks every master key that rows may be under against its proof: that it
// is held, and is the one its id says.
func (v *Vault) proveMasters(ctx context.Context, conn *sql.Conn) error {
	var id, current []byte
	err := conn.QueryRowContext(ctx, "SELECT id, master FROM vault").Scan(&id, &current)
	if err != nil {
		return unavailable("reading the file", err)
	}
	if v.id, err = uuid.FromBytes(id); err != nil {
		return fmt.Errorf("%w: the vault's id", vault.ErrCorrupt)
	}
	rows, err := conn.QueryContext(ctx, "SELECT id, proof, destroyed_at FROM masters WHERE ended_at = 0 OR destroyed_at <> 0")
	if err != nil {
		return unavailable("reading the file", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, proof []byte
		var destroyed int64
		if err := rows.Scan(&id, &proof, &destroyed); err != nil {
			return unavailable("reading the file", err)
		}
		if destroyed != 0 {
			if gone, err := uuid.FromBytes(id); err == nil {
				v.letGo(gone)
			}
			continue
		}
		m, err := v.master(id)
		if err != nil {
			return err
		}
		if err := m.CheckProof(v.id, proof); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return unavailable("reading the file", err)
	}
	m, err := v.master(current)
	if err != nil {
		return err
	}
	v.current.Store(m)
	return nil
}

// master returns the master key that a row names.
func (v *Vault) master(id []byte) (*vault.MasterKey, error) {
	masterID, err := uuid.FromBytes(id)
	if err != nil {
		return nil, fmt.Errorf("%w: a master key's id", vault.ErrCorrupt)
	}
	if m := v.masters.Find(masterID); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("%w: %s is needed and not held", vault.ErrMasterKey, masterID)
}

// Masters implements vault.Rotator.
func (v *Vault) Masters(ctx context.Context) ([]vault.MasterState, error) {
	var states []vault.MasterState
	err := v.reading(ctx, func() error {
		rows, err := v.reads.QueryContext(ctx, `
			SELECT id, made_at, began_at, ended_at, destroyed_at, id = (SELECT master FROM vault) FROM masters ORDER BY row`)
		if err != nil {
			return readError(ctx, err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var s vault.MasterState
			var id []byte
			var made, began, ended, destroyed int64
			if err := rows.Scan(&id, &made, &began, &ended, &destroyed, &s.Current); err != nil {
				return readError(ctx, err)
			}
			if s.ID, err = uuid.FromBytes(id); err != nil {
				return fmt.Errorf("%w: a master key's id", vault.ErrCorrupt)
			}
			s.MadeAt, s.BeganAt, s.EndedAt, s.DestroyedAt = moment(made), moment(began), moment(ended), moment(destroyed)
			states = append(states, s)
		}
		return readError(ctx, rows.Err())
	})
	return states, err
}

// RowsUnder implements vault.Rotator. Identifiers are not wrapped.
func (v *Vault) RowsUnder(ctx context.Context) (map[uuid.UUID]int64, error) {
	counts := map[uuid.UUID]int64{}
	err := v.reading(ctx, func() error {
		rows, err := v.reads.QueryContext(ctx, `SELECT master, count(*) FROM (
				SELECT master FROM keys WHERE live = 1
				UNION ALL SELECT master FROM secrets WHERE live = 1 AND current = 1) GROUP BY master`)
		if err != nil {
			return readError(ctx, err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var id []byte
			var n int64
			if err := rows.Scan(&id, &n); err != nil {
				return readError(ctx, err)
			}
			master, err := uuid.FromBytes(id)
			if err != nil {
				return fmt.Errorf("%w: a master key's id", vault.ErrCorrupt)
			}
			counts[master] = n
		}
		return readError(ctx, rows.Err())
	})
	return counts, err
}

// MasterDestroyed implements vault.Rotator.
func (v *Vault) MasterDestroyed(ctx context.Context, id uuid.UUID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return v.write(&request{ctx: ctx, done: func() { v.letGo(id) }, apply: func(ctx context.Context, w *writer) error {
		var ended int64
		err := w.conn.QueryRowContext(ctx, "SELECT ended_at FROM masters WHERE id = ?", id[:]).Scan(&ended)
		if err != nil {
			return readError(ctx, err)
		}
		if ended == 0 {
			return fmt.Errorf("%w: %s", vault.ErrInUse, id)
		}
		_, err = w.conn.ExecContext(ctx, "UPDATE masters SET destroyed_at = ? WHERE id = ? AND destroyed_at = 0", now(), id[:])
		if err != nil {
			return unavailable("recording a master key as destroyed", err)
		}
		return nil
	}})
}

// letGo drops a master key that is recorded as destroyed. The only one stays, but
// is useless.
func (v *Vault) letGo(id uuid.UUID) {
	if v.masters.Get(id) != nil {
		_ = v.masters.Drop(id) // ErrInvalid: the only one
	}
}

// millis is a time as stored in the tables.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func moment(millis int64) time.Time {
	if millis == 0 {
		return time.Time{}
	}
	return time.UnixMilli(millis).UTC()
}
