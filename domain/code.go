package domain

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// CodeInput is what a code is derived from, under a key of the ledger, so that no code is ever stored.
type CodeInput struct {
	Purpose      VerificationPurpose
	Verification VerificationID
	Issue        int
	Medium       Medium
	Destination  string // normalised
	Long         bool   // 64 bits: used after too many wrong codes for one identifier on a day, which stops guessing and locks nobody out
}

// Parts is the input of the keyed hash, in a fixed order.
func (c CodeInput) Parts() [][]byte {
	return [][]byte{[]byte("code/1"), []byte(c.Purpose), c.Verification.UUID[:], []byte(strconv.Itoa(c.Issue)), []byte(c.Medium), []byte(c.Destination),
		[]byte(strconv.FormatBool(c.Long))}
}

const longAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's base 32: no two characters look alike

// Code turns a keyed hash of Parts into a code: six digits, or 13 characters for 64 bits.
func (c CodeInput) Code(mac [32]byte) string {
	n := binary.BigEndian.Uint64(mac[:8])
	if !c.Long {
		return fmt.Sprintf("%06d", n%1_000_000)
	}
	var b [13]byte
	for i := range b {
		b[i] = longAlphabet[n&31]
		n >>= 5
	}
	return string(b[:])
}

// CleanCode normalises a code as typed: without spaces, dashes and invisible characters, with the digits of any script as ASCII,
// in capitals, and with letters that look like digits read as digits, since no code has those letters.
func CleanCode(s string) string {
	return strings.Map(func(r rune) rune {
		if n, ok := digit(r); ok {
			return '0' + n
		}
		switch r = unicode.ToUpper(r); {
		case unicode.IsSpace(r), unicode.In(r, unicode.Pd, unicode.Zs, unicode.Cf, unicode.Cc):
			return -1
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		}
		return r
	}, s)
}

// digit is the value of a decimal digit of any script. Unicode gives each script's digits in order, from zero.
func digit(r rune) (rune, bool) {
	for _, in := range unicode.Nd.R16 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return (r - lo) % 10, true
		}
	}
	for _, in := range unicode.Nd.R32 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) { //nolint:gosec // runes fit
			return (r - lo) % 10, true
		}
	}
	return 0, false
}
