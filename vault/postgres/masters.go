package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

// proveMasters checks every master key in use against its proof: that it is held, and
// is the one its id says.
func (v *Vault) proveMasters(ctx context.Context, conn *pgx.Conn) error {
	rows, err := conn.Query(ctx, "SELECT id, proof FROM masters WHERE ended_at IS NULL")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id uuid.UUID
		var proof []byte
		if err := rows.Scan(&id, &proof); err != nil {
			return err
		}
		m, err := v.master(id)
		if err != nil {
			return err
		}
		if err := m.CheckProof(v.id, proof); err != nil {
			return err
		}
	}
	return rows.Err()
}

// master returns a master key that a row names.
func (v *Vault) master(id uuid.UUID) (*vault.MasterKey, error) {
	if m := v.masters.Find(id); m != nil {
		return m, nil
	}
	return nil, fmt.Errorf("%w: %s is needed and not held", vault.ErrMasterKey, id)
}

// held returns the master keys with these ids, or vault.ErrMasterKey if one is not held.
func (v *Vault) held(ids []uuid.UUID) ([]*vault.MasterKey, error) {
	var keys []*vault.MasterKey
	for _, id := range ids {
		m, err := v.master(id)
		if err != nil {
			return nil, err
		}
		keys = append(keys, m)
	}
	return keys, nil
}

// Masters implements vault.Rotator.
func (v *Vault) Masters(ctx context.Context) ([]vault.MasterState, error) {
	var states []vault.MasterState
	err := v.reading(ctx, func(ctx context.Context) error {
		rows, err := v.pool.Query(ctx, `
			SELECT id, made_at, began_at, ended_at, destroyed_at, id = (SELECT master FROM vault)
			FROM masters ORDER BY began_at, id`)
		if err != nil {
			return err
		}
		states, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s vault.MasterState, err error) {
			var made, began, ended, destroyed *time.Time
			err = row.Scan(&s.ID, &made, &began, &ended, &destroyed, &s.Current)
			s.MadeAt, s.BeganAt, s.EndedAt, s.DestroyedAt = utc(made), utc(began), utc(ended), utc(destroyed)
			return s, err
		})
		return err
	})
	return states, err
}

// RowsUnder implements vault.Rotator.
func (v *Vault) RowsUnder(ctx context.Context) (map[uuid.UUID]int64, error) {
	counts := map[uuid.UUID]int64{}
	err := v.slowly(ctx, "counting rows", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT master, sum(n)::bigint FROM (
				SELECT master, count(*) n FROM keys WHERE live GROUP BY master
				UNION ALL SELECT master, count(*) FROM secrets WHERE live GROUP BY master
				UNION ALL SELECT master, count(*) FROM identifiers GROUP BY master) t GROUP BY master`)
		if err != nil {
			return err
		}
		var id uuid.UUID
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&id, &n}, func() error {
			counts[id] = n
			return nil
		})
		return err
	})
	return counts, err
}

// MasterDestroyed implements vault.Rotator. The other processes drop it when they next ask for news.
func (v *Vault) MasterDestroyed(ctx context.Context, id uuid.UUID) error {
	err := v.call(ctx, "recording a master key as destroyed", func(ctx context.Context) error {
		// Ending a rotation frees a key; none begins while this lock is held.
		return v.alone(ctx, func(tx pgx.Tx) error {
			var ended *time.Time
			err := tx.QueryRow(ctx, "SELECT ended_at FROM masters WHERE id = $1", id).Scan(&ended)
			if err != nil {
				return err
			}
			if ended == nil {
				return fmt.Errorf("%w: %s", vault.ErrInUse, id)
			}
			_, err = tx.Exec(ctx, "UPDATE masters SET destroyed_at = clock_timestamp() WHERE id = $1 AND destroyed_at IS NULL", id)
			return err
		})
	})
	if err == nil {
		v.letGo([]uuid.UUID{id})
	}
	return err
}

// letGo drops master keys that are recorded as destroyed. The only one stays, but
// is useless.
func (v *Vault) letGo(ids []uuid.UUID) {
	for _, id := range ids {
		if v.masters.Get(id) != nil {
			_ = v.masters.Drop(id) // ErrInvalid: the only one
		}
	}
}

// alone runs a transaction while no transaction that wraps is under way.
func (v *Vault) alone(ctx context.Context, do func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, v.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", v.locks.master); err != nil {
			return err
		}
		return do(tx)
	})
}

// moment is a time as stored in the tables: NULL if zero.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func utc(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
