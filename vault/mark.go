package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Mark is a keyed hash of a value, by which an engine finds a row whose value is stored
// wrapped. It reveals nothing without the master key, and is useless once that is gone.
type Mark [sha256.Size]byte

// Mark returns a value's mark under this master key. Marks of different places (columns,
// by name) cannot be compared.
func (m *MasterKey) Mark(place string, value []byte) (Mark, error) {
	key, err := hkdf.Expand(sha256.New, m.material[:], "accountledger/vault/mark\x00"+place, KeyBytes)
	if err != nil {
		return Mark{}, fmt.Errorf("vault: deriving a marking key: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write(value)
	return Mark(h.Sum(nil)), nil
}
