package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"github.com/google/uuid"
)

// Kind is the kind of a wrapped thing, so that none can take another's place.
type Kind string

const (
	// KindKey is a data key.
	KindKey Kind = "key"
	// KindSecret is a secret.
	KindSecret Kind = "secret"
	// KindIdentifier is a digest and its claim, in engines that cannot wipe a row.
	KindIdentifier Kind = "identifier"
	// KindCheck is the value by which a vault recognises its master key.
	KindCheck Kind = "check"
)

const (
	wrapFormat = 1
	// WrapOverhead is what wrapping adds, in bytes: format, nonce, tag.
	WrapOverhead = 1 + 12 + 16
	// secretBlock is the step in which wrapped secrets grow. Secrets of nearly the same
	// length take the same space, so that an engine can overwrite one with the other.
	secretBlock = 256
)

// Wrap encrypts plaintext under the master key for one place: kind, name and id,
// all of them authenticated. Random nonces under a single AES-GCM key are safe for
// about 2^32 messages, which a large ledger would reach; so each place has its own
// AES-256-GCM key, derived from the master key by HKDF-SHA256.
//
// The result is WrapOverhead bytes longer than plaintext.
func (m *MasterKey) Wrap(kind Kind, name string, id uuid.UUID, plaintext []byte) ([]byte, error) {
	aead, place, err := m.cipherFor(kind, name, id)
	if err != nil {
		return nil, err
	}
	out := make([]byte, 1, len(plaintext)+WrapOverhead)
	out[0] = wrapFormat
	return aead.Seal(out, nil, plaintext, place), nil //nolint:gosec // this cipher makes its own random nonce
}

// Unwrap opens what Wrap made for the same place, or returns ErrCorrupt.
func (m *MasterKey) Unwrap(kind Kind, name string, id uuid.UUID, wrapped []byte) ([]byte, error) {
	if len(wrapped) < WrapOverhead || wrapped[0] != wrapFormat {
		return nil, fmt.Errorf("%w: a %s is not in a known format", ErrCorrupt, kind)
	}
	aead, place, err := m.cipherFor(kind, name, id)
	if err != nil {
		return nil, err
	}
	plaintext, err := aead.Open(nil, nil, wrapped[1:], place)
	if err != nil {
		return nil, fmt.Errorf("%w: a %s does not open under master key %s", ErrCorrupt, kind, m.ID)
	}
	return plaintext, nil
}

// WrapKey wraps a data key.
func (m *MasterKey) WrapKey(k *Key) ([]byte, error) {
	return m.Wrap(KindKey, k.Name, k.ID, k.material[:])
}

// UnwrapKey opens a data key, or returns ErrCorrupt.
func (m *MasterKey) UnwrapKey(name string, id uuid.UUID, wrapped []byte) (*Key, error) {
	plaintext, err := m.Unwrap(KindKey, name, id, wrapped)
	if err != nil {
		return nil, err
	}
	if len(plaintext) != KeyBytes {
		return nil, fmt.Errorf("%w: a key has %d bytes", ErrCorrupt, len(plaintext))
	}
	return NewKey(name, id, [KeyBytes]byte(plaintext)), nil
}

// WrapSecret wraps a secret, padded to the next step of 256 bytes. The id belongs to this
// secret alone: one that replaces it has another.
func (m *MasterKey) WrapSecret(name string, id uuid.UUID, secret []byte) ([]byte, error) {
	if len(secret) > MaxSecretBytes {
		return nil, fmt.Errorf("%w: a secret of more than %d bytes", ErrInvalid, MaxSecretBytes)
	}
	padded := make([]byte, (2+len(secret)+secretBlock-1)/secretBlock*secretBlock)
	binary.BigEndian.PutUint16(padded, uint16(len(secret))) //nolint:gosec // at most MaxSecretBytes
	copy(padded[2:], secret)
	return m.Wrap(KindSecret, name, id, padded)
}

// UnwrapSecret opens a secret, or returns ErrCorrupt.
func (m *MasterKey) UnwrapSecret(name string, id uuid.UUID, wrapped []byte) ([]byte, error) {
	padded, err := m.Unwrap(KindSecret, name, id, wrapped)
	if err != nil {
		return nil, err
	}
	if len(padded) < 2 || int(binary.BigEndian.Uint16(padded)) > len(padded)-2 {
		return nil, fmt.Errorf("%w: a secret's length", ErrCorrupt)
	}
	return padded[2 : 2+int(binary.BigEndian.Uint16(padded))], nil
}

// cipherFor returns the cipher of one place and the place itself as bytes.
func (m *MasterKey) cipherFor(kind Kind, name string, id uuid.UUID) (cipher.AEAD, []byte, error) {
	place := make([]byte, 0, 64+len(name))
	for _, part := range []string{"accountledger/vault/wrap", string(kind), name, string(id[:])} {
		place = binary.BigEndian.AppendUint32(place, uint32(len(part))) //nolint:gosec // short parts
		place = append(place, part...)
	}
	key, err := hkdf.Expand(sha256.New, m.material[:], string(place), KeyBytes)
	if err != nil {
		return nil, nil, fmt.Errorf("vault: deriving a wrapping key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, nil, fmt.Errorf("vault: making a wrapping cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, nil, fmt.Errorf("vault: making a wrapping cipher: %w", err)
	}
	return aead, place, nil
}
