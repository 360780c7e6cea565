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

var _ vault.Portable = (*Vault)(nil)

// VaultID implements vault.Portable.
func (v *Vault) VaultID() uuid.UUID { return v.id }

// Keyring implements vault.Portable.
func (v *Vault) Keyring() *vault.Keyring { return v.masters }

const (
	dumpKeys    = "SELECT name, at, live, id, master, wrapped FROM keys WHERE name > $1 ORDER BY name LIMIT $2"
	dumpSecrets = "SELECT name, at, live, id, master, wrapped FROM secrets WHERE name > $1 ORDER BY name LIMIT $2"
	dumpMap     = `SELECT digest, NULL::timestamptz, true, id, master, wrapped FROM identifiers WHERE digest > $1
		ORDER BY digest LIMIT $2`
)

// Dump implements vault.Portable.
func (v *Vault) Dump(ctx context.Context, yield func([]vault.Row) error) error {
	for _, t := range []struct {
		kind  vault.Kind
		query string
	}{{vault.KindKey, dumpKeys}, {vault.KindSecret, dumpSecrets}, {vault.KindIdentifier, dumpMap}} {
		err := vault.DumpPages([]byte{}, func(after []byte) ([]vault.Row, []byte, error) { return v.dumpSome(ctx, t.kind, t.query, after) }, yield)
		if err != nil {
			return err
		}
	}
	return nil
}

// dumpSome reads the rows after one of them.
func (v *Vault) dumpSome(ctx context.Context, kind vault.Kind, query string, after []byte) (all []vault.Row, last []byte, err error) {
	err = v.reading(ctx, func(ctx context.Context) error {
		all = nil
		rows, err := v.pool.Query(ctx, query, after, vault.RowsAtOnce)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			r := vault.Row{Kind: kind}
			var at *time.Time
			var live bool
			var id, master *uuid.UUID
			var key []byte
			if err := rows.Scan(&key, &at, &live, &id, &master, &r.Wrapped); err != nil {
				return err
			}
			r.At, r.Destroyed = utc(at), !live
			if kind != vault.KindIdentifier { // whose key is a mark, not a name
				r.Name = string(key)
			}
			if live {
				r.ID, r.Master = *id, *master
			}
			all, last = append(all, r), key
		}
		return rows.Err()
	})
	return all, last, err
}

// Unlike in calls, loaded rows are rarely there already; so each is inserted,
// and checked only if something was in its place.
const (
	loadKey = `INSERT INTO keys (name, live, at, id, master, wrapped) VALUES ($1, true, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET at = keys.at RETURNING NOT live OR id = $3`
	loadSecret = `INSERT INTO secrets (name, live, at, id, master, wrapped) VALUES ($1, true, $2, $3, $4, $5)
		ON CONFLICT (name) DO UPDATE SET at = excluded.at, id = excluded.id, master = excluded.master,
			wrapped = excluded.wrapped WHERE secrets.live AND secrets.id <> excluded.id`
	loadKeyTombstones = `WITH n AS (UPDATE destructions SET number = number + 1 RETURNING number)
		INSERT INTO keys (name, live, at, destruction)
		SELECT t.name, false, t.at, n.number FROM n, unnest($1::bytea[], $2::timestamptz[]) AS t (name, at)
		ON CONFLICT (name) DO UPDATE SET live = false, at = excluded.at, id = NULL, master = NULL,
			wrapped = NULL, destruction = excluded.destruction WHERE keys.live`
	loadSecretTombstones = `INSERT INTO secrets (name, live, at)
		SELECT t.name, false, t.at FROM unnest($1::bytea[], $2::timestamptz[]) AS t (name, at)
		ON CONFLICT (name) DO UPDATE SET live = false, at = excluded.at, id = NULL, master = NULL, wrapped = NULL
			WHERE secrets.live`
)

// Load implements vault.Portable. The rows are one transaction.
func (v *Vault) Load(ctx context.Context, held *vault.Keyring, rows []vault.Row) error {
	in, err := vault.OpenRows(held, rows)
	if err != nil {
		return err
	}
	l := &loading{Loading: in, vault: v}
	err = v.writing(ctx, "loading rows", l.store)
	v.cache.Evict(in.GoneKeys()...)
	if l.occupied != nil {
		return l.occupied
	}
	return err
}

// loading is the work of one call of Load.
type loading struct {
	*vault.Loading
	vault    *Vault
	occupied error // why the vault, although reachable, took none of it
}

// occupy records and returns the error for a row whose place is taken.
func (l *loading) occupy(err error) error {
	l.occupied = err
	return err
}

func (l *loading) store(ctx context.Context, conn *pgx.Conn, u use) error {
	l.occupied = nil
	b := &pgx.Batch{}
	if names, times := columns(l.DestroyedKeys); len(names) > 0 {
		b.Queue(loadKeyTombstones, names, times)
	}
	if names, times := columns(l.DestroyedSecrets); len(names) > 0 {
		b.Queue(loadSecretTombstones, names, times)
	}
	var pairs []pair
	for i := range l.Live {
		r := &l.Live[i]
		if r.Kind == vault.KindIdentifier {
			pairs = append(pairs, pair{r.Digest, r.Claim})
			continue
		}
		wrapped, err := r.Rewrap(u.current)
		if err != nil {
			return err
		}
		if r.Kind == vault.KindSecret {
			b.Queue(loadSecret, []byte(r.Name), r.At, r.ID, u.current.ID, wrapped)
			continue
		}
		b.Queue(loadKey, []byte(r.Name), r.At, r.ID, u.current.ID, wrapped).QueryRow(func(row pgx.Row) error {
			var same bool
			err := row.Scan(&same)
			if err == nil && !same {
				err = l.occupy(vault.OccupiedKey(r.Name))
			}
			return err
		})
	}
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	return l.storePairs(ctx, conn, u, pairs)
}

// storePairs inserts rows of the map together, and those that met something one by one.
func (l *loading) storePairs(ctx context.Context, conn *pgx.Conn, u use, pairs []pair) error {
	b := &pgx.Batch{}
	var left []pair
	for _, p := range pairs {
		row, err := wrapPair(u.current, p)
		if err != nil {
			return err
		}
		b.Queue(insertIdentifier, row.digest[:], row.claim[:], row.id, u.current.ID, row.wrapped).Exec(func(tag pgconn.CommandTag) error {
			if tag.RowsAffected() == 0 {
				left = append(left, p)
			}
			return nil
		})
	}
	if err := conn.SendBatch(ctx, b).Close(); err != nil {
		return err
	}
	for _, p := range left {
		held, err := l.vault.insertIdentifier(ctx, conn, u, p)
		if err != nil && !errors.Is(err, vault.ErrInvalid) {
			return err
		}
		if err != nil || held != p.claim {
			return l.occupy(vault.OccupiedIdentifier())
		}
	}
	return nil
}

// LoadMasters implements vault.Portable.
func (v *Vault) LoadMasters(ctx context.Context, states []vault.MasterState) error {
	return v.call(ctx, "loading the master keys", func(ctx context.Context) error {
		return v.alone(ctx, func(tx pgx.Tx) error {
			for _, s := range states {
				_, err := tx.Exec(ctx, `INSERT INTO masters (id, made_at, began_at, ended_at, destroyed_at, proof)
					VALUES ($1, $2, coalesce($3::timestamptz, 'epoch'), coalesce($4::timestamptz, clock_timestamp()), $5, '')
					ON CONFLICT (id) DO UPDATE SET began_at = least(masters.began_at, excluded.began_at),
						destroyed_at = coalesce(masters.destroyed_at, excluded.destroyed_at)`,
					s.ID, moment(s.MadeAt), moment(s.BeganAt), moment(s.EndedAt), moment(s.DestroyedAt))
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
}

// columns are the columns of tombstones.
func columns(rows []*vault.Row) ([][]byte, []time.Time) {
	names, times := make([][]byte, len(rows)), make([]time.Time, len(rows))
	for i, r := range rows {
		names[i], times[i] = []byte(r.Name), r.At
	}
	return names, times
}
