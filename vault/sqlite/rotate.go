package sqlite

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/vault"
)

// rowsAtOnce is how many rows one step of a rotation rewraps.
const rowsAtOnce = 256

// errLeft: rows were skipped because they do not open.
var errLeft = fmt.Errorf("%w: rows do not open under the master keys they name", vault.ErrCorrupt)

// Rotate implements vault.Rotator. Each row is overwritten in place, in transactions of
// 256 rows, with other writes in between. When it returns, what was wrapped under the
// old master key is in no file of the vault; ErrRemains if another program still holds it
// there: call it again.
func (v *Vault) Rotate(ctx context.Context, to *vault.MasterKey, progress func(vault.RotationProgress)) error {
	if !v.rotating.TryLock() {
		return vault.ErrRotating
	}
	defer v.rotating.Unlock()
	if err := v.masters.Add(to); err != nil {
		return err
	}
	if err := v.makeCurrent(ctx, to); err != nil {
		return err
	}
	var p vault.RotationProgress
	err := v.reading(ctx, func() error {
		return readError(ctx, v.reads.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM keys WHERE live = 1 AND master <> ?1)
			+ (SELECT count(*) FROM secrets WHERE live = 1 AND current = 1 AND master <> ?1)`, to.ID[:]).Scan(&p.Total))
	})
	if err != nil {
		return err
	}
	for _, t := range []table{keyRows, secretRows} {
		if err := v.rewrap(ctx, t, to, &p, progress); err != nil {
			return err
		}
	}
	if err := v.finish(ctx, to); err != nil {
		return err
	}
	if p.Damaged > 0 {
		return errLeft
	}
	return nil
}

// makeCurrent makes to the master key of all further writes.
func (v *Vault) makeCurrent(ctx context.Context, to *vault.MasterKey) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	made, err := to.Prove(v.id)
	if err != nil {
		return err
	}
	return v.write(&request{
		ctx: ctx,
		apply: func(ctx context.Context, w *writer) error {
			if _, err := w.conn.ExecContext(ctx, `INSERT INTO masters (id, made_at, began_at, proof) VALUES (?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, to.ID[:], millis(to.MadeAt), now(), made); err != nil {
				return unavailable("beginning a rotation", err)
			}
			var destroyed int64
			var proof []byte
			err := w.conn.QueryRowContext(ctx, "SELECT destroyed_at, proof FROM masters WHERE id = ?", to.ID[:]).Scan(&destroyed, &proof)
			if err != nil {
				return unavailable("beginning a rotation", err)
			}
			if destroyed != 0 {
				return fmt.Errorf("%w: %s is recorded as destroyed", vault.ErrMasterKey, to.ID)
			}
			if err := to.CheckProof(v.id, proof); err != nil {
				return err
			}
			_, err = w.conn.ExecContext(ctx, "UPDATE masters SET ended_at = 0 WHERE id = ?", to.ID[:])
			if err == nil {
				_, err = w.conn.ExecContext(ctx, "UPDATE vault SET master = ?, proof = ?", to.ID[:], proof)
			}
			if err != nil {
				return unavailable("beginning a rotation", err)
			}
			return nil
		},
		// Writes in the same transaction may still be under the old one; the steps find them.
		done: func() { v.current.Store(to) },
	})
}

// finish records that nothing is under another master key, if so, and truncates the
// write-ahead log.
func (v *Vault) finish(ctx context.Context, to *vault.MasterKey) error {
	return v.write(&request{ctx: ctx, destroys: true, apply: func(ctx context.Context, w *writer) error {
		_, err := w.conn.ExecContext(ctx, `UPDATE masters AS m SET ended_at = ?2 WHERE id <> ?1 AND ended_at = 0
			AND NOT EXISTS (SELECT 1 FROM keys WHERE live = 1 AND master = m.id)
			AND NOT EXISTS (SELECT 1 FROM secrets WHERE live = 1 AND current = 1 AND master = m.id)`, to.ID[:], now())
		if err != nil {
			return unavailable("ending a rotation", err)
		}
		return nil
	}})
}

// table is how the rows of one table are rewrapped.
type table struct {
	next, update string
	rewrap       func(row wrappedRow, from, to *vault.MasterKey) ([]byte, error)
}

type wrappedRow struct {
	row             int64
	name            string
	id              uuid.UUID
	master, wrapped []byte
}

var keyRows = table{
	next: `SELECT row, name, id, master, wrapped FROM keys WHERE live = 1 AND master <> ? AND row > ?
		ORDER BY row LIMIT ?`,
	update: "UPDATE keys SET master = ?2, wrapped = ?3 WHERE row = ?1",
	rewrap: func(row wrappedRow, from, to *vault.MasterKey) ([]byte, error) {
		key, err := from.UnwrapKey(row.name, row.id, row.wrapped)
		if err != nil {
			return nil, err
		}
		return to.WrapKey(key)
	},
}

var secretRows = table{
	next: `SELECT row, name, id, master, wrapped FROM secrets WHERE live = 1 AND current = 1 AND master <> ? AND row > ?
		ORDER BY row LIMIT ?`,
	update: "UPDATE secrets SET master = ?2, wrapped = ?3 WHERE row = ?1",
	rewrap: func(row wrappedRow, from, to *vault.MasterKey) ([]byte, error) {
		secret, err := from.UnwrapSecret(row.name, row.id, row.wrapped)
		if err != nil {
			return nil, err
		}
		return to.WrapSecret(row.name, row.id, secret)
	},
}

// rewrap goes through a table once. Rows added later are already under the new master key.
func (v *Vault) rewrap(
	ctx context.Context, t table, to *vault.MasterKey, p *vault.RotationProgress, tell func(vault.RotationProgress),
) error {
	after := int64(0)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		steps := make(chan step, 1) // the writer may finish after this call has returned
		err := v.write(&request{ctx: ctx, apply: func(ctx context.Context, w *writer) error {
			s, err := w.step(ctx, t, to, after)
			steps <- s
			return err
		}})
		if err != nil {
			return err
		}
		s := <-steps
		p.Done += s.done
		p.Damaged += s.damaged
		if s.seen > 0 && tell != nil {
			tell(*p)
		}
		if s.seen < rowsAtOnce {
			return nil
		}
		after = s.last
	}
}

// step is what one transaction of a rotation did.
type step struct{ seen, done, damaged, last int64 }

func (w *writer) step(ctx context.Context, t table, to *vault.MasterKey, after int64) (step, error) {
	var s step
	rows, err := w.rowsAfter(ctx, t, to, after)
	if err != nil {
		return s, unavailable("rewrapping", err)
	}
	for _, row := range rows {
		s.seen, s.last = s.seen+1, row.row
		from, err := w.vault.master(row.master)
		if err != nil {
			return s, err
		}
		wrapped, err := t.rewrap(row, from, to)
		if errors.Is(err, vault.ErrCorrupt) {
			s.damaged++
			continue
		}
		if err != nil {
			return s, err
		}
		if _, err := w.conn.ExecContext(ctx, t.update, row.row, to.ID[:], wrapped); err != nil {
			return s, unavailable("rewrapping", err)
		}
		s.done++
	}
	return s, nil
}

func (w *writer) rowsAfter(ctx context.Context, t table, to *vault.MasterKey, after int64) (all []wrappedRow, err error) {
	rows, err := w.conn.QueryContext(ctx, t.next, to.ID[:], after, rowsAtOnce)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var r wrappedRow
		var name, id []byte
		if err := rows.Scan(&r.row, &name, &id, &r.master, &r.wrapped); err != nil {
			return nil, err
		}
		// An id of the wrong length is damage; it shows when the row does not open.
		r.name, r.id = string(name), uuid.UUID{}
		copy(r.id[:], id)
		all = append(all, r)
	}
	return all, rows.Err()
}
