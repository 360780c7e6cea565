package domain

import (
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// CodeInput is what a code is derived from, under a key of the ledger, so that no code is ever stored.
type CodeInput struct {
	Purpose      Purpose
	Verification SignUpID
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

// CleanCode normalises a code as typed: without spaces and dashes, in capitals, with letters that look like digits
// read as digits, since no code has those letters.
func CleanCode(s string) string {
	return strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(s))
}
