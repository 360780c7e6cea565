package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ErrOccupied: a vault that rows are loaded into has something else in the place of one of them.
var ErrOccupied = errors.New("vault: something else is already there")

// Row is one thing that a vault holds, or its tombstone, on its way to another
// vault or into a file. It is wrapped as it is at rest, so a row is useless without
// the master key.
type Row struct {
	// Kind is KindKey, KindSecret or KindIdentifier.
	Kind Kind
	// Name is the name of a key or secret; identifiers have none.
	Name string
	// At is when it was created, put or destroyed, UTC; zero for identifiers.
	At time.Time
	// Destroyed marks a tombstone, which has none of the fields below.
	Destroyed bool
	// ID is what the wrapping is bound to; a key keeps it when transferred.
	ID uuid.UUID
	// Master is the id of the master key that Wrapped is under.
	Master  uuid.UUID
	Wrapped []byte
}

// Content is what an opened row holds. Only the fields of its kind are set.
type Content struct {
	Key    *Key
	Secret []byte
	Digest Digest
	Claim  uuid.UUID
}

// Open opens a row that is not a tombstone: ErrMasterKey if its master key is not held,
// ErrCorrupt if it does not open.
func (r *Row) Open(held *Keyring) (c Content, err error) {
	m := held.Find(r.Master)
	if m == nil {
		return c, fmt.Errorf("%w: %s is needed and not held", ErrMasterKey, r.Master)
	}
	switch r.Kind {
	case KindKey:
		c.Key, err = m.UnwrapKey(r.Name, r.ID, r.Wrapped)
	case KindSecret:
		c.Secret, err = m.UnwrapSecret(r.Name, r.ID, r.Wrapped)
	case KindIdentifier:
		var plain []byte
		if plain, err = m.Unwrap(KindIdentifier, "", r.ID, r.Wrapped); err != nil {
			return c, err
		}
		if len(plain) != len(c.Digest)+len(c.Claim) {
			return c, fmt.Errorf("%w: an identifier of %d bytes", ErrCorrupt, len(plain))
		}
		copy(c.Digest[:], plain)
		copy(c.Claim[:], plain[len(c.Digest):])
	default:
		err = fmt.Errorf("%w: a row of an unknown kind", ErrInvalid)
	}
	return c, err
}

// WrapIdentifier wraps a digest and its claim, for engines that store them unwrapped.
func (m *MasterKey) WrapIdentifier(id uuid.UUID, digest Digest, claim uuid.UUID) ([]byte, error) {
	plain := append(append(make([]byte, 0, len(digest)+len(claim)), digest[:]...), claim[:]...)
	return m.Wrap(KindIdentifier, "", id, plain)
}

// Portable is a vault whose contents can be transferred to another one, whatever the
// engines and master keys of the two.
type Portable interface {
	Rotator
	Binder

	// VaultID identifies the vault. It is created with the vault and never transferred.
	VaultID() uuid.UUID

	// Keyring opens the vault's rows.
	Keyring() *Keyring

	// Dump yields every row, including tombstones, a few hundred at a time. It is meant for a vault
	// that nobody writes to; in one that is in use it yields each row as of some moment since
	// Dump began, and may miss newer ones. An error of yield ends it.
	Dump(ctx context.Context, yield func([]Row) error) error

	// Load stores rows of another vault, opened with held and rewrapped under this vault's
	// master key, all or none. Times and the ids of keys and secrets are kept. It can be repeated: a
	// tombstone replaces what is there, a secret replaces an earlier one, and
	// what was destroyed here stays destroyed. ErrOccupied if another key has the name, or an
	// identifier or claim belongs to another; otherwise Row.Open's errors.
	Load(ctx context.Context, held *Keyring, rows []Row) error

	// LoadMasters adds another vault's records of its master keys, so that Final still
	// counts those that wrapped what was destroyed there. Those that are not this vault's own
	// count as ended now.
	LoadMasters(ctx context.Context, states []MasterState) error
}

// RowsAtOnce is how many rows Dump yields at a time, and a good number for Load.
const RowsAtOnce = 256
