package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

// rowsAtOnce is how many rows one transaction of a rotation rewraps.
const rowsAtOnce = 256

// rotation is one call of Rotate.
type rotation struct {
	vault *Vault
	to    *vault.MasterKey
	tell  func(vault.RotationProgress)
	vault.RotationProgress
}

// table is how the rows of one table are rewrapped. Both statements use the
// table's primary key.
type table struct {
	// next locks the rows after a key that are not under the new master key, in order:
	// primary key, id, master key, wrapped.
	next string
	// rewrap opens a row and returns the statement and arguments that store it rewrapped.
	rewrap func(row wrappedRow, to *vault.MasterKey) (statement string, args []any, err error)
}

type wrappedRow struct {
	key        []byte
	id, master uuid.UUID
	wrapped    []byte
}

func (v *Vault) keyRows() table {
	return table{
		next: `SELECT name, id, master, wrapped FROM keys WHERE live AND master <> $1 AND name > $2
			ORDER BY name LIMIT $3 FOR UPDATE`,
		rewrap: func(row wrappedRow, to *vault.MasterKey) (string, []any, error) {
			m, err := v.master(row.master)
			if err != nil {
				return "", nil, err
			}
			key, err := m.UnwrapKey(string(row.key), row.id, row.wrapped)
			if err != nil {
				return "", nil, err
			}
			wrapped, err := to.WrapKey(key)
			return "UPDATE keys SET master = $2, wrapped = $3 WHERE name = $1", []any{row.key, to.ID, wrapped}, err
		},
	}
}

func (v *Vault) secretRows() table {
	return table{
		next: `SELECT name, id, master, wrapped FROM secrets WHERE live AND master <> $1 AND name > $2
			ORDER BY name LIMIT $3 FOR UPDATE`,
		rewrap: func(row wrappedRow, to *vault.MasterKey) (string, []any, error) {
			m, err := v.master(row.master)
			if err != nil {
				return "", nil, err
			}
			secret, err := m.UnwrapSecret(string(row.key), row.id, row.wrapped)
			if err != nil {
				return "", nil, err
			}
			wrapped, err := to.WrapSecret(string(row.key), row.id, secret)
			return "UPDATE secrets SET master = $2, wrapped = $3 WHERE name = $1", []any{row.key, to.ID, wrapped}, err
		},
	}
}

func (v *Vault) identifierRows() table {
	return table{
		next: `SELECT digest, id, master, wrapped FROM identifiers WHERE master <> $1 AND digest > $2
			ORDER BY digest LIMIT $3 FOR UPDATE`,
		rewrap: func(row wrappedRow, to *vault.MasterKey) (string, []any, error) {
			p, err := v.unwrapPair(row.id, row.master, row.wrapped)
			if err != nil {
				return "", nil, err
			}
			w, err := wrapPair(to, p)
			return "UPDATE identifiers SET digest = $2, claim = $3, id = $4, master = $5, wrapped = $6 WHERE digest = $1",
				[]any{row.key, w.digest[:], w.claim[:], w.id, to.ID, w.wrapped}, err
		},
	}
}

// rewrap goes through a table once. Rows added later are already under the new master key.
func (r *rotation) rewrap(ctx context.Context, t table) error {
	after := []byte{}
	for {
		var rows []wrappedRow
		var done, damaged int64
		err := r.vault.writing(ctx, "rewrapping", func(ctx context.Context, conn *pgx.Conn, u use) error {
			if u.current.ID != r.to.ID {
				return fmt.Errorf("%w: to %s", vault.ErrRotating, u.current.ID)
			}
			var err error
			rows, done, damaged, err = r.step(ctx, conn, t, after)
			return err
		})
		if err != nil {
			return err
		}
		r.Done += done
		r.Damaged += damaged
		if len(rows) > 0 && r.tell != nil {
			r.tell(r.RotationProgress)
		}
		if len(rows) < rowsAtOnce {
			return nil
		}
		after = rows[len(rows)-1].key
	}
}

// step rewraps up to rowsAtOnce rows, skipping those that do not open.
func (r *rotation) step(ctx context.Context, conn *pgx.Conn, t table, after []byte) (rows []wrappedRow, done, damaged int64, err error) {
	found, err := conn.Query(ctx, t.next, r.to.ID, after, rowsAtOnce)
	if err != nil {
		return nil, 0, 0, err
	}
	rows, err = pgx.CollectRows(found, func(row pgx.CollectableRow) (w wrappedRow, err error) {
		err = row.Scan(&w.key, &w.id, &w.master, &w.wrapped)
		return w, err
	})
	if err != nil {
		return nil, 0, 0, err
	}
	b := &pgx.Batch{}
	for _, row := range rows {
		statement, args, err := t.rewrap(row, r.to)
		if errors.Is(err, vault.ErrCorrupt) {
			damaged++
			continue
		}
		if err != nil {
			return nil, 0, 0, err
		}
		b.Queue(statement, args...)
		done++
	}
	return rows, done, damaged, conn.SendBatch(ctx, b).Close()
}
