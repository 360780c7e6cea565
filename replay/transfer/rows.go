package transfer

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/big"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

// Rows counts the contents of a vault.
type Rows struct {
	Keys, Secrets, Identifiers int64
	// Destroyed are tombstones, of keys and secrets.
	Destroyed int64
}

func (r *Rows) add(row *vault.Row) {
	switch {
	case row.Destroyed:
		r.Destroyed++
	case row.Kind == vault.KindKey:
		r.Keys++
	case row.Kind == vault.KindSecret:
		r.Secrets++
	default:
		r.Identifiers++
	}
}

// All is how many rows there are.
func (r Rows) All() int64 { return r.Keys + r.Secrets + r.Identifiers + r.Destroyed }

// census is the contents of a vault as one number, independent of order and wrapping: the
// sum of keyed hashes of the opened rows. The key is made for one comparison and discarded, so
// the number reveals nothing.
type census struct {
	Rows
	mac hash.Hash
	sum *big.Int
	buf []byte
}

func newCensusKey() ([]byte, error) {
	key := make([]byte, sha256.Size)
	_, err := rand.Read(key)
	return key, err
}

func newCensus(key []byte) *census {
	return &census{mac: hmac.New(sha256.New, key), sum: new(big.Int)}
}

func (c *census) add(row *vault.Row, held *vault.Keyring) error {
	c.Rows.add(row)
	b := eventstore.AppendField(c.buf[:0], string(row.Kind))
	b = eventstore.AppendField(b, row.Name)
	if !row.Destroyed {
		content, err := row.Open(held)
		if err != nil {
			return err
		}
		switch row.Kind {
		case vault.KindKey:
			material := content.Key.Material()
			b = eventstore.AppendField(eventstore.AppendField(b, row.ID[:]), material[:])
		case vault.KindSecret:
			b = eventstore.AppendField(eventstore.AppendField(b, row.ID[:]), content.Secret)
		default:
			b = eventstore.AppendField(eventstore.AppendField(b, content.Digest[:]), content.Claim[:])
		}
	} else {
		b = binary.BigEndian.AppendUint32(b, 0)
	}
	c.buf = b
	c.mac.Reset()
	c.mac.Write(b)
	clear(b)
	c.sum.Add(c.sum, new(big.Int).SetBytes(c.mac.Sum(nil)))
	return nil
}

// count adds a whole vault.
func (c *census) count(ctx context.Context, v vault.Portable, t *teller) error {
	return v.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			if err := c.add(&rows[i], v.Keyring()); err != nil {
				return rowError(&rows[i], err)
			}
		}
		t.at(c.All())
		return nil
	})
}

// RowError is an error in one row of a vault.
type RowError struct {
	Kind vault.Kind
	Name string // of a key or secret
	Err  error
}

func (e *RowError) Error() string {
	if e.Kind == vault.KindIdentifier {
		return fmt.Sprintf("an identifier: %s", e.Err)
	}
	return fmt.Sprintf("%s %q: %s", e.Kind, e.Name, e.Err)
}

// Unwrap returns the cause.
func (e *RowError) Unwrap() error { return e.Err }

func rowError(row *vault.Row, err error) error { return &RowError{row.Kind, row.Name, err} }

// CheckRows opens every row of a vault and counts them: a *RowError for the first that does not open.
func CheckRows(ctx context.Context, v vault.Portable, tell Progress) (Rows, error) {
	key, err := newCensusKey()
	if err != nil {
		return Rows{}, err
	}
	c, t := newCensus(key), &teller{tell: tell, stage: StageRows, unit: UnitRows}
	err = c.count(ctx, v, t)
	t.end(c.All())
	return c.Rows, err
}

// CopyVault makes the target's vault hold what the source's does, and verifies it. It
// can be repeated. vault.ErrOccupied if the target holds something else under a name, and
// ErrVault if it holds more.
func CopyVault(ctx context.Context, from, to vault.Portable, tell Progress) (Rows, error) {
	if from.VaultID() == to.VaultID() {
		return Rows{}, nil // both sides have the same vault, which stays where it is
	}
	key, err := newCensusKey()
	if err != nil {
		return Rows{}, err
	}
	source, target := newCensus(key), newCensus(key)
	t := &teller{tell: tell, stage: StageVault, unit: UnitRows}
	err = from.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			if err := source.add(&rows[i], from.Keyring()); err != nil {
				return rowError(&rows[i], err)
			}
		}
		t.at(source.All())
		return to.Load(ctx, from.Keyring(), rows)
	})
	if err != nil {
		return source.Rows, err
	}
	t.end(source.All())
	states, err := from.Masters(ctx)
	if err == nil {
		err = to.LoadMasters(ctx, states)
	}
	if err == nil {
		err = target.count(ctx, to, &teller{tell: tell, stage: StageVerify, unit: UnitRows, total: source.All()})
	}
	if err != nil || target.sum.Cmp(source.sum) == 0 {
		return source.Rows, err
	}
	// An earlier attempt may have left rows of the map that the source has since deleted.
	if err := dropDeleted(ctx, from, to); err != nil {
		return source.Rows, err
	}
	target = newCensus(key)
	err = target.count(ctx, to, &teller{})
	if err == nil && target.sum.Cmp(source.sum) != 0 {
		err = fmt.Errorf("%w: %+v there, %+v here", ErrVault, source.Rows, target.Rows)
	}
	return source.Rows, err
}

// dropDeleted deletes the rows of the target's map that the source's does not have.
func dropDeleted(ctx context.Context, from, to vault.Portable) error {
	var gone []uuid.UUID
	err := to.Dump(ctx, func(rows []vault.Row) error {
		for i := range rows {
			if rows[i].Kind != vault.KindIdentifier {
				continue
			}
			c, err := rows[i].Open(to.Keyring())
			if err != nil {
				return rowError(&rows[i], err)
			}
			claim, err := from.Identifier(ctx, c.Digest)
			if errors.Is(err, vault.ErrNotFound) || err == nil && claim != c.Claim {
				gone = append(gone, c.Claim)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
	for _, claim := range gone {
		if err == nil {
			err = to.DeleteIdentifier(ctx, claim)
		}
	}
	return err
}
