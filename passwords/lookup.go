package passwords

import (
	"crypto/subtle"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Look-up secrets are codes that somebody writes down, each good for one time (NIST SP 800-63B-4, 3.1.2). A code has 16 characters of
// Crockford's base 32: the first is its number in the set, so that checking one costs one hash, and the others have 75 random bits.

const (
	// LookUps is how many codes a set has.
	LookUps = 10
	// lookUpLength is how many characters a code has, without the dashes.
	lookUpLength = 16
	crockford    = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// LookUpHashes are what a set of codes is checked by: 75 bits are fewer than 112, so they are salted hashes that cost memory
// (OWASP ASVS 5.0, 6.5.2).
type LookUpHashes struct {
	Salt   []byte   `json:"salt"`
	Hashes [][]byte `json:"hashes"`
}

// IsZero reports whether there are none.
func (h LookUpHashes) IsZero() bool { return len(h.Hashes) == 0 }

// NewLookUps makes a set of codes, as people read them, and what they are checked by. random gives so many random bytes for the purpose; it is
// asked for the salt and for each code.
func NewLookUps(random func(purpose string, n int) []byte) (codes []string, h LookUpHashes) {
	h.Salt, codes = random("salt", 16), LookUpCodes(random)
	for i, code := range codes {
		h.Hashes = append(h.Hashes, h.hash(i, strings.ReplaceAll(code, "-", "")))
	}
	return codes, h
}

// LookUpCodes are the codes alone that NewLookUps makes of the same random bytes.
func LookUpCodes(random func(purpose string, n int) []byte) (codes []string) {
	for i := range LookUps {
		var b strings.Builder
		b.WriteByte(crockford[i])
		for _, v := range random("code "+strconv.Itoa(i), lookUpLength-1) {
			b.WriteByte(crockford[v&31])
		}
		code := b.String()
		codes = append(codes, code[:4]+"-"+code[4:8]+"-"+code[8:12]+"-"+code[12:])
	}
	return codes
}

// Match finds the code among those of the set: its number, from 0 on. The code is as typed, but for what readers of Crockford's base 32 mistake,
// such as O for 0, which the caller has replaced. It hashes once, whatever the code.
func (h LookUpHashes) Match(code string) (n int, ok bool) {
	n = -1
	if code != "" {
		n = strings.IndexByte(crockford, code[0])
	}
	known := n >= 0 && n < len(h.Hashes) && len(code) == lookUpLength
	of := max(0, min(n, len(h.Hashes)-1))
	hash := h.hash(of, code[:min(len(code), lookUpLength)])
	if len(h.Hashes) == 0 || !known {
		return -1, false
	}
	return n, subtle.ConstantTimeCompare(hash, h.Hashes[of]) == 1
}

// hash takes 64 KiB and about 50 microseconds, so it needs no turn in the queue of passwords.
func (h LookUpHashes) hash(n int, code string) []byte {
	return argon2.IDKey([]byte(code), append([]byte{byte(n)}, h.Salt...), 1, 64, 1, 32) //nolint:gosec // of ten
}
