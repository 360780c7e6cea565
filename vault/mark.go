package vault

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Mark is a keyed hash of a value, by which an engine finds a row whose value it keeps
// wrapped. It tells nothing without the master key, and dies with it.
type Mark [sha256.Size]byte

// Mark gives a value's mark under this master key. Marks of different places (a column,
// by its name) do not compare.
func (m *MasterKey) Mark(place string, value []byte) (Mark, error) {
	key, err := hkdf.Expand(sha256.New, m.material[:], "accountledger/vault/mark\x00"+place, KeyBytes)
	if err != nil {
		return Mark{}, fmt.Errorf("vault: deriving a marking key: %w", err)
	}
	h := hmac.New(sha256.New, key)
	h.Write(value)
	return Mark(h.Sum(nil)), nil
}
