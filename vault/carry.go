package vault

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ErrOccupied: a vault that rows are carried into holds something else in the place of one of them.
var ErrOccupied = errors.New("vault: something else is there already")

// Row is one thing that a vault holds, or the tombstone of one, on its way to another
// vault or into a file. It is wrapped as it is at rest, so whoever has the row and no
// master key has nothing.
type Row struct {
	// Kind is KindKey, KindSecret or KindIdentifier.
	Kind Kind
	// Name is that of a key or secret; identifiers have none.
	Name string
	// At is when it was made, put or destroyed, UTC; zero for identifiers.
	At time.Time
	// Destroyed says that it is a tombstone, which has none of what follows.
	Destroyed bool
	// ID is what the wrapping is bound to; of a key it stays when it is carried.
	ID uuid.UUID
	// Master names the master key that Wrapped is under.
	Master  uuid.UUID
	Wrapped []byte
}

// Content is what a row holds once it is opened. Only what its kind says is set.
type Content struct {
	Key    *Key
	Secret []byte
	Digest Digest
	Claim  uuid.UUID
}

// Open opens a row that is no tombstone: ErrMasterKey when its master key is not held,
// ErrCorrupt when it does not open.
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
			return c, fmt.Errorf("%w: an identifier has %d bytes", ErrCorrupt, len(plain))
		}
		copy(c.Digest[:], plain)
		copy(c.Claim[:], plain[len(c.Digest):])
	default:
		err = fmt.Errorf("%w: a row of no known kind", ErrInvalid)
	}
	return c, err
}

// WrapIdentifier wraps a digest and its claim, for engines that keep them otherwise.
func (m *MasterKey) WrapIdentifier(id uuid.UUID, digest Digest, claim uuid.UUID) ([]byte, error) {
	plain := append(append(make([]byte, 0, len(digest)+len(claim)), digest[:]...), claim[:]...)
	return m.Wrap(KindIdentifier, "", id, plain)
}

// Carrier is a vault whose contents can be carried into another one, whatever their
// engines and master keys.
type Carrier interface {
	Rotator
	Binder

	// VaultID tells one vault from another. It is made with the vault and never carried.
	VaultID() uuid.UUID

	// Keyring is what opens the vault's rows.
	Keyring() *Keyring

	// Dump yields every row, tombstones too, a few hundred at a time. It is meant for a vault
	// that nobody writes to; of one in use it gives each row as it was at some moment since
	// Dump began, and may miss those that came since. An error of yield ends it.
	Dump(ctx context.Context, yield func([]Row) error) error

	// Load stores rows of another vault, opened by held and wrapped anew under this one's
	// master key, all or none. Times and the ids of keys and secrets stay. It can be repeated: a
	// tombstone goes over what is there, a secret takes the place of an earlier one, and
	// what was destroyed here stays so. ErrOccupied when another key has the name, or an
	// identifier or claim is somebody else's; Row.Open's errors otherwise.
	Load(ctx context.Context, held *Keyring, rows []Row) error

	// LoadMasters adds what another vault knows of its master keys, so that Final goes on
	// counting those that wrapped what was destroyed there. Those that are not this vault's own
	// count as ended now.
	LoadMasters(ctx context.Context, states []MasterState) error
}

// RowsAtOnce is how many rows Dump yields at a time, and a good number for Load.
const RowsAtOnce = 256
