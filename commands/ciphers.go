package commands

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"accountledger/journal"
)

// Ciphers makes ciphers for what callers hold but must not read or change: cursors and positions in the log.
// A token opens only under the label it was sealed under.
type Ciphers func(label string) (TokenCipher, error)

// TokenCipher seals and opens opaque tokens.
type TokenCipher struct{ aead cipher.AEAD }

// errToken: not one of our tokens, or one with another label or binding.
var errToken = errors.New("commands: not a token")

func (c *core) ciphers(label string) (TokenCipher, error) {
	m := c.keys.cursors.Material()
	key, err := hkdf.Key(sha256.New, m[:], nil, "accountledger/token/1/"+label, 32)
	if err != nil {
		return TokenCipher{}, fmt.Errorf("commands: deriving a key: %w", err)
	}
	aead, err := journal.NewXAES(key)
	return TokenCipher{aead}, err
}

// Seal makes a token of b. Open needs the same binding.
func (t TokenCipher) Seal(b, binding []byte) string {
	nonce := make([]byte, t.aead.NonceSize(), t.aead.NonceSize()+len(b)+t.aead.Overhead())
	_, _ = rand.Read(nonce) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(t.aead.Seal(nonce, nonce, b, binding))
}

// Open reads a token that Seal made with the same binding.
func (t TokenCipher) Open(token string, binding []byte) ([]byte, error) {
	b, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(b) < t.aead.NonceSize() {
		return nil, errToken
	}
	plain, err := t.aead.Open(nil, b[:t.aead.NonceSize()], b[t.aead.NonceSize():], binding)
	if err != nil {
		return nil, errToken
	}
	return plain, nil
}
