package passkeys

import (
	"crypto/aes"
	"crypto/cipher"

	"github.com/google/uuid"
)

// Handles makes the user handles by which authenticators know accounts (WebAuthn Level 3, 5.4.3), and finds the accounts again. A handle is an
// account's id encrypted, one block under a key: the same for all passkeys of an account, never the id itself, and with no map to keep.
type Handles struct{ block cipher.Block }

// HandleBytes is the length of a handle.
const HandleBytes = aes.BlockSize

// NewHandles makes handles under a key of 32 bytes.
func NewHandles(key [32]byte) Handles {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // only for another length
	}
	return Handles{block}
}

// Of is the handle of an account.
func (h Handles) Of(account uuid.UUID) []byte {
	out := make([]byte, HandleBytes)
	h.block.Encrypt(out, account[:])
	return out
}

// Account is whose handle it is. Any 16 bytes are somebody's: whether there is an account by that id, the caller finds out.
func (h Handles) Account(handle []byte) (account uuid.UUID, ok bool) {
	if len(handle) != HandleBytes {
		return account, false
	}
	h.block.Decrypt(account[:], handle)
	return account, true
}
