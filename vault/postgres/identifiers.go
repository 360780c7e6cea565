package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"accountledger/vault"
)

const (
	// One statement sees one state of the database: if the master keys in use were read by
	// another, a rotation could end in between and hide the row from both.
	findIdentifier = `SELECT ARRAY(SELECT m.id FROM masters m WHERE m.ended_at IS NULL), i.id, i.master, i.wrapped
		FROM vault LEFT JOIN identifiers i ON i.digest = ANY($1)`
	findClaim        = "SELECT id, master, wrapped FROM identifiers WHERE claim = ANY($1)"
	findDigest       = "SELECT id, master, wrapped FROM identifiers WHERE digest = ANY($1)"
	insertIdentifier = "INSERT INTO identifiers (digest, claim, id, master, wrapped) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING"
	deleteIdentifier = "DELETE FROM identifiers WHERE claim = ANY($1)"

	digestPlace = "identifiers.digest"
	claimPlace  = "identifiers.claim"
)

// pair is a row of the map.
type pair struct {
	digest vault.Digest
	claim  uuid.UUID
}

// InsertIdentifier implements vault.Vault.
func (v *Vault) InsertIdentifier(ctx context.Context, digest vault.Digest, claim uuid.UUID) (uuid.UUID, error) {
	if err := vault.CheckClaim(claim); err != nil {
		return uuid.Nil, err
	}
	held, err := v.Identifier(ctx, digest)
	if !errors.Is(err, vault.ErrNotFound) {
		return held, err
	}
	err = v.writing(ctx, "inserting an identifier", func(ctx context.Context, conn *pgx.Conn, u use) error {
		var err error
		held, err = v.insertIdentifier(ctx, conn, u, pair{digest, claim})
		return err
	})
	if err != nil {
		return uuid.Nil, err
	}
	return held, nil
}

// insertIdentifier looks for digest and claim under every master key, and inserts under
// the current one. The marks, which are unique and, while the current master key stays, the same
// for both, prevent two transactions from inserting the same thing.
func (v *Vault) insertIdentifier(ctx context.Context, conn *pgx.Conn, u use, p pair) (uuid.UUID, error) {
	digests, err := marks(u.all, digestPlace, p.digest[:])
	if err != nil {
		return uuid.Nil, err
	}
	claims, err := marks(u.all, claimPlace, p.claim[:])
	if err != nil {
		return uuid.Nil, err
	}
	row, err := wrapPair(u.current, p)
	if err != nil {
		return uuid.Nil, err
	}
	for {
		held, err := v.scanPair(conn.QueryRow(ctx, findDigest, digests))
		if !errors.Is(err, pgx.ErrNoRows) {
			return held.claim, err
		}
		held, err = v.scanPair(conn.QueryRow(ctx, findClaim, claims))
		switch {
		case errors.Is(err, pgx.ErrNoRows):
		case err != nil:
			return uuid.Nil, err
		case held.digest != p.digest:
			return uuid.Nil, fmt.Errorf("%w: the claim belongs to another digest", vault.ErrInvalid)
		}
		tag, err := conn.Exec(ctx, insertIdentifier, row.digest[:], row.claim[:], row.id, u.current.ID, row.wrapped)
		if err != nil || tag.RowsAffected() == 1 {
			return p.claim, err
		}
		// Another transaction was first; its row is visible now.
	}
}

// Identifier implements vault.Vault.
func (v *Vault) Identifier(ctx context.Context, digest vault.Digest) (claim uuid.UUID, err error) {
	err = v.reading(ctx, func(ctx context.Context) error {
		digests, err := marks(v.masters.All(), digestPlace, digest[:])
		if err != nil {
			return err
		}
		var inUse []uuid.UUID
		var id, master *uuid.UUID
		var wrapped []byte
		err = v.pool.QueryRow(ctx, findIdentifier, digests).Scan(&inUse, &id, &master, &wrapped)
		if err != nil {
			return err
		}
		if id == nil {
			// Not there, unless it is under a master key that is not held.
			if _, err := v.held(inUse); err != nil {
				return err
			}
			return vault.ErrNotFound
		}
		p, err := v.unwrapPair(*id, *master, wrapped)
		if err == nil && p.digest != digest {
			err = fmt.Errorf("%w: a row of the map belongs to another digest", vault.ErrCorrupt)
		}
		claim = p.claim
		return err
	})
	if err != nil {
		return uuid.Nil, err
	}
	return claim, nil
}

// DeleteIdentifier implements vault.Vault. The bytes may remain in the server's files; see the package's comment.
func (v *Vault) DeleteIdentifier(ctx context.Context, claim uuid.UUID) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := vault.CheckClaim(claim); err != nil {
		return err
	}
	return v.writing(ctx, "deleting an identifier", func(ctx context.Context, conn *pgx.Conn, u use) error {
		claims, err := marks(u.all, claimPlace, claim[:])
		if err != nil {
			return err
		}
		_, err = conn.Exec(ctx, deleteIdentifier, claims)
		return err
	})
}

// Ping implements vault.Vault: it writes, so that it notices a full disk or a server that takes no
// writes.
func (v *Vault) Ping(ctx context.Context) error {
	return v.call(ctx, "writing", func(ctx context.Context) error {
		_, err := v.pool.Exec(ctx, "UPDATE pings SET at = clock_timestamp()")
		return err
	})
}

// wrappedPair is a row of the map as stored.
type wrappedPair struct {
	id            uuid.UUID
	digest, claim vault.Mark
	wrapped       []byte
}

func wrapPair(m *vault.MasterKey, p pair) (w wrappedPair, err error) {
	if w.id, err = uuid.NewRandom(); err != nil {
		return w, unavailable("wrapping an identifier", err)
	}
	if w.digest, err = m.Mark(digestPlace, p.digest[:]); err != nil {
		return w, err
	}
	if w.claim, err = m.Mark(claimPlace, p.claim[:]); err != nil {
		return w, err
	}
	w.wrapped, err = m.WrapIdentifier(w.id, p.digest, p.claim)
	return w, err
}

func (v *Vault) scanPair(row pgx.Row) (pair, error) {
	var id, master uuid.UUID
	var wrapped []byte
	if err := row.Scan(&id, &master, &wrapped); err != nil {
		return pair{}, err
	}
	return v.unwrapPair(id, master, wrapped)
}

func (v *Vault) unwrapPair(id, master uuid.UUID, wrapped []byte) (p pair, err error) {
	m, err := v.master(master)
	if err != nil {
		return p, err
	}
	plain, err := m.Unwrap(vault.KindIdentifier, "", id, wrapped)
	if err != nil {
		return p, err
	}
	if len(plain) != len(p.digest)+len(p.claim) {
		return p, fmt.Errorf("%w: a row of the map of %d bytes", vault.ErrCorrupt, len(plain))
	}
	copy(p.digest[:], plain)
	copy(p.claim[:], plain[len(p.digest):])
	return p, nil
}

// marks are a value's marks under each of the master keys.
func marks(keys []*vault.MasterKey, place string, value []byte) ([][]byte, error) {
	all := make([][]byte, len(keys))
	for i, m := range keys {
		mark, err := m.Mark(place, value)
		if err != nil {
			return nil, err
		}
		all[i] = mark[:]
	}
	return all, nil
}
