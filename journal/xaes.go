package journal

import (
	"crypto/aes"
	"crypto/cipher"
	"fmt"
)

// xaes is XAES-256-GCM as C2SP specifies it: a key for AES-256-GCM is derived from the first half of a 192-bit
// nonce, so that one key can seal any number of parts with random nonces.
type xaes struct {
	block cipher.Block
	k1    [aes.BlockSize]byte
}

const xaesNonceSize = 24

// NewXAES makes the cipher from a key of 32 bytes; its nonces are 24 random bytes.
func NewXAES(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil || len(key) != 32 {
		return nil, fmt.Errorf("journal: XAES-256-GCM needs a key of 32 bytes")
	}
	x := &xaes{block: block}
	block.Encrypt(x.k1[:], x.k1[:])
	var msb byte
	for i := len(x.k1) - 1; i >= 0; i-- {
		msb, x.k1[i] = x.k1[i]>>7, x.k1[i]<<1|msb
	}
	x.k1[len(x.k1)-1] ^= msb * 0b10000111
	return x, nil
}

func (x *xaes) NonceSize() int { return xaesNonceSize }
func (x *xaes) Overhead() int  { return 16 }

// derive is the CMAC-based key derivation over the nonce's first 12 bytes.
func (x *xaes) derive(nonce []byte) cipher.AEAD {
	key := make([]byte, 0, 2*aes.BlockSize)
	for counter := byte(1); counter <= 2; counter++ {
		m := [aes.BlockSize]byte{0, counter, 'X', 0}
		copy(m[4:], nonce)
		for i := range m {
			m[i] ^= x.k1[i]
		}
		x.block.Encrypt(m[:], m[:])
		key = append(key, m[:]...)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the key has 32 bytes
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		panic(err) // AES has blocks of 16 bytes
	}
	return gcm
}

func (x *xaes) Seal(dst, nonce, plaintext, additional []byte) []byte {
	return x.derive(nonce[:12]).Seal(dst, nonce[12:], plaintext, additional)
}

func (x *xaes) Open(dst, nonce, ciphertext, additional []byte) ([]byte, error) {
	if len(nonce) != xaesNonceSize {
		return nil, fmt.Errorf("journal: a nonce of XAES-256-GCM has 24 bytes")
	}
	return x.derive(nonce[:12]).Open(dst, nonce[12:], ciphertext, additional)
}
