// Package vault is the port to what must be destroyable: data keys, the map from
// identifiers to claims, and secrets. The log is kept forever; what is in here is
// not, and once it is destroyed, whatever the log holds sealed under it is noise.
//
// Engines are subfolders; every one of them passes package vaulttest.
package vault

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/google/uuid"
)

var (
	// ErrNotFound: there is no such key, row or secret, and never was.
	ErrNotFound = errors.New("vault: not found")
	// ErrDestroyed: it was destroyed and cannot be created again.
	ErrDestroyed = errors.New("vault: destroyed")
	// ErrMasterKey: the vault was written under another master key.
	ErrMasterKey = errors.New("vault: wrong master key")
	// ErrUnavailable: the vault cannot be read or written now.
	ErrUnavailable = errors.New("vault: cannot be reached")
	// ErrInvalid: an empty or overlong name, a secret that is too large, or a claim that
	// is nil or belongs to another digest.
	ErrInvalid = errors.New("vault: invalid argument")
	// ErrCorrupt: stored bytes do not open under the master key: damaged, or moved from another row.
	ErrCorrupt = errors.New("vault: damaged")
)

const (
	// KeyBytes is the size of every key: 256 bits.
	KeyBytes = 32
	// MaxNameBytes bounds the name of a key or secret.
	MaxNameBytes = 255
	// MaxSecretBytes bounds a secret.
	MaxSecretBytes = 4 << 10
)

// Key is a random 256-bit key. It prints as its name in every verb, never as its bytes.
type Key struct {
	Name string
	// ID is random and created with the key; it distinguishes keys of the same name in different vaults.
	ID          uuid.UUID
	material    [KeyBytes]byte
	derivations *derivations
}

// NewKey is for engines.
func NewKey(name string, id uuid.UUID, material [KeyBytes]byte) *Key {
	return &Key{Name: name, ID: id, material: material, derivations: &derivations{}}
}

// Material is the key's bytes. Callers derive from it, with Derive if they do so often, and do not keep it.
func (k *Key) Material() [KeyBytes]byte { return k.material }

// String is the key's name.
func (k Key) String() string { return k.Name }

// Format writes the key's name, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.Name) }

// MAC is HMAC-SHA256 under the key over the parts, each prefixed with its length.
func (k *Key) MAC(parts ...[]byte) [sha256.Size]byte {
	h := hmac.New(sha256.New, k.material[:])
	for _, p := range parts {
		n := len(p)
		h.Write([]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) //nolint:gosec // big-endian length
		h.Write(p)
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Digest is the keyed hash of a normalised identifier. The identifier itself is nowhere in the vault.
type Digest [sha256.Size]byte

// Vault keeps what must be destroyable.
//
// What a method acknowledged survives a crash and a loss of power. Once a
// destruction has been acknowledged, no process returns what was destroyed for longer than a
// second, and this one not at all; a tombstone stays, and the bytes are gone
// from the engine's files as far as the engine's doc comment says.
// A call whose context ends while it writes may or may not have taken effect; all of
// them can be repeated. All methods are safe for concurrent use.
type Vault interface {
	// CreateKeys returns the keys with these names, in order, creating those that do
	// not exist yet, all in one transaction. ErrDestroyed if one of them was destroyed;
	// then none is created.
	CreateKeys(ctx context.Context, names ...string) ([]*Key, error)
	// Key returns one key: ErrNotFound, ErrDestroyed.
	Key(ctx context.Context, name string) (*Key, error)
	// Keys returns many keys at once, in order; nil for a missing or destroyed one.
	Keys(ctx context.Context, names ...string) ([]*Key, error)
	// DestroyKeys destroys keys, existing or not, so that none of these
	// names can be created again.
	DestroyKeys(ctx context.Context, names ...string) error

	// InsertIdentifier maps a digest to a claim if it has none, and returns the claim that it has now.
	// A claim belongs to one digest at a time: ErrInvalid if it is another's.
	InsertIdentifier(ctx context.Context, digest Digest, claim uuid.UUID) (uuid.UUID, error)
	// Identifier returns the claim of a digest, or ErrNotFound.
	Identifier(ctx context.Context, digest Digest) (uuid.UUID, error)
	// DeleteIdentifier deletes the row that holds claim, if there is one.
	DeleteIdentifier(ctx context.Context, claim uuid.UUID) error

	// PutSecret stores a secret under a name, replacing an earlier one. ErrDestroyed
	// if the name was destroyed.
	PutSecret(ctx context.Context, name string, secret []byte) error
	// Secret returns a secret: ErrNotFound, ErrDestroyed.
	Secret(ctx context.Context, name string) ([]byte, error)
	// DestroySecrets destroys secrets, existing or not; their names cannot be used again.
	DestroySecrets(ctx context.Context, names ...string) error

	// Ping checks that the vault can be read and written.
	Ping(ctx context.Context) error
	// Close closes the vault. It may be called twice.
	Close() error
}
