package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"accountledger/leases"
)

const (
	acquire = `INSERT INTO leases AS l (name, epoch, holder, label, since, expires)
		VALUES ($1, 1, $2, $3, clock_timestamp(), clock_timestamp() + $4)
		ON CONFLICT (name) DO UPDATE SET epoch = l.epoch + 1, holder = $2, label = $3,
			since = clock_timestamp(), expires = clock_timestamp() + $4
		WHERE l.holder IS NULL OR l.expires <= clock_timestamp()
		RETURNING epoch, place`

	renew = `WITH alive AS (
			INSERT INTO members (id, label, expires) SELECT $1, $2, clock_timestamp() + $3 WHERE $4
			ON CONFLICT (id) DO UPDATE SET expires = clock_timestamp() + $3
		), gone AS (
			DELETE FROM members WHERE expires < clock_timestamp() - interval '1 hour' AND id <> $1
		)
		UPDATE leases SET expires = clock_timestamp() + $3
		FROM unnest($5::text[], $6::bigint[]) AS mine (name, epoch)
		WHERE leases.name = mine.name AND leases.epoch = mine.epoch AND holder = $1 AND expires > clock_timestamp()
		RETURNING leases.name, leases.epoch`

	save = `UPDATE leases SET place = $4
		WHERE name = $1 AND epoch = $2 AND holder = $3 AND expires > clock_timestamp()`

	release = `UPDATE leases SET holder = NULL
		FROM unnest($2::text[], $3::bigint[]) AS mine (name, epoch)
		WHERE leases.name = mine.name AND leases.epoch = mine.epoch AND holder = $1`

	leave = `WITH gone AS (DELETE FROM members WHERE id = $1)
		UPDATE leases SET holder = NULL WHERE holder = $1`

	look = `SELECT (SELECT count(*) FROM members WHERE expires > clock_timestamp()), name, epoch,
			CASE WHEN holder IS NOT NULL AND expires > clock_timestamp() THEN label ELSE '' END, since, place
		FROM (SELECT 1) AS one LEFT JOIN leases ON true ORDER BY name COLLATE "C"`
)

// Acquire implements leases.Server.
func (s *Server) Acquire(ctx context.Context, who leases.Process, name string, ttl time.Duration) (epoch int64, place []byte, err error) {
	if err := leases.Check(name, nil); err != nil {
		return 0, nil, err
	}
	err = s.call(ctx, func(ctx context.Context) error {
		err := s.pool.QueryRow(ctx, acquire, name, who.ID, who.Label, ttl).Scan(&epoch, &place)
		if errors.Is(err, pgx.ErrNoRows) {
			return leases.ErrHeld
		}
		return err
	})
	return epoch, place, err
}

func split(refs []leases.Ref) (names []string, epochs []int64) {
	names, epochs = make([]string, len(refs)), make([]int64, len(refs))
	for i, r := range refs {
		names[i], epochs[i] = r.Name, r.Epoch
	}
	return names, epochs
}

// Renew implements leases.Server.
func (s *Server) Renew(ctx context.Context, who leases.Process, ttl time.Duration, held []leases.Ref) (kept []leases.Ref, err error) {
	names, epochs := split(held)
	err = s.call(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, renew, who.ID, who.Label, ttl, who.Member, names, epochs)
		if err != nil {
			return err
		}
		kept, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (r leases.Ref, err error) {
			err = row.Scan(&r.Name, &r.Epoch)
			return r, err
		})
		return err
	})
	return kept, err
}

// Save implements leases.Server.
func (s *Server) Save(ctx context.Context, who leases.Process, lease leases.Ref, place []byte) error {
	if err := leases.Check(lease.Name, place); err != nil {
		return err
	}
	return s.call(ctx, func(ctx context.Context) error {
		done, err := s.pool.Exec(ctx, save, lease.Name, lease.Epoch, who.ID, place)
		if err == nil && done.RowsAffected() == 0 {
			err = leases.ErrLost
		}
		return err
	})
}

// Release implements leases.Server.
func (s *Server) Release(ctx context.Context, who leases.Process, held ...leases.Ref) error {
	names, epochs := split(held)
	return s.call(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, release, who.ID, names, epochs)
		return err
	})
}

// Leave implements leases.Server.
func (s *Server) Leave(ctx context.Context, who leases.Process) error {
	return s.call(ctx, func(ctx context.Context) error {
		_, err := s.pool.Exec(ctx, leave, who.ID)
		return err
	})
}

// Look implements leases.Server.
func (s *Server) Look(ctx context.Context) (t leases.Table, err error) {
	err = s.call(ctx, func(ctx context.Context) error {
		rows, err := s.pool.Query(ctx, look)
		if err != nil {
			return err
		}
		t = leases.Table{}
		var name *string
		var epoch *int64
		var holder string
		var since *time.Time
		var place []byte
		_, err = pgx.ForEachRow(rows, []any{&t.Members, &name, &epoch, &holder, &since, &place}, func() error {
			if name != nil {
				t.Leases = append(t.Leases, leases.Row{Ref: leases.Ref{Name: *name, Epoch: *epoch}, Holder: holder, Since: *since, Place: place})
			}
			return nil
		})
		return err
	})
	return t, err
}
