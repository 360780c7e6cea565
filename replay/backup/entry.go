package backup

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/google/uuid"

	"accountledger/vault"
)

// KeyName is the vault's key that signs lists. It is created with the ledger, so every backup holds it.
const KeyName = "hmac/destructions"

// ErrListAltered: an entry of the list is not what was written, or does not follow the one before it.
var ErrListAltered = errors.New("the list of destructions was altered")

// Destroyed is a group of things destroyed together.
type Destroyed struct {
	Keys    []string    `json:"keys,omitzero"`
	Secrets []string    `json:"secrets,omitzero"`
	Claims  []uuid.UUID `json:"claims,omitzero"` // whose rows of the identifier map were deleted
}

func (d *Destroyed) empty() bool { return d.names() == 0 }

func (d *Destroyed) names() int { return len(d.Keys) + len(d.Secrets) + len(d.Claims) }

func (d *Destroyed) add(o Destroyed) {
	d.Keys, d.Secrets, d.Claims = append(d.Keys, o.Keys...), append(d.Secrets, o.Secrets...), append(d.Claims, o.Claims...)
}

// Mark is a point in a list: the number of entries up to it, and the hash of the last one.
type Mark struct {
	Entries int64
	Hash    [sha256.Size]byte
}

// entry is one line without its MAC.
type entry struct {
	N      int64     `json:"n"` // from 1
	At     time.Time `json:"at"`
	Before string    `json:"before"` // SHA-256 of the line before without its line feed, in hexadecimal digits
	Destroyed
}

// The MAC ends the line, so that it can be removed without parsing what it covers.
const (
	macBegins = `,"mac":"`
	macEnds   = `"}`
	macLength = len(macBegins) + 2*sha256.Size + len(macEnds)
)

func macOf(key *vault.Key, text []byte) []byte {
	sum := key.MAC([]byte("accountledger/destructions/entry"), text)
	return sum[:]
}

// line writes the entry that follows a mark, with its line feed, and returns the mark after it.
func line(key *vault.Key, after Mark, at time.Time, d Destroyed) ([]byte, Mark, error) {
	e := entry{N: after.Entries + 1, At: at.UTC(), Before: hex.EncodeToString(after.Hash[:]), Destroyed: d}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, after, fmt.Errorf("backup: an entry cannot be encoded: %w", err)
	}
	b := append([]byte{}, text[:len(text)-1]...)
	b = append(append(append(b, macBegins...), hex.EncodeToString(macOf(key, text))...), macEnds...)
	return append(b, '\n'), Mark{e.N, sha256.Sum256(b)}, nil
}

// signed returns what the MAC of a line, without its line feed, covers; false if the MAC is wrong.
func signed(key *vault.Key, text []byte) ([]byte, bool) {
	cut := len(text) - macLength
	if cut < 1 || !bytes.HasPrefix(text[cut:], []byte(macBegins)) || !bytes.HasSuffix(text, []byte(macEnds)) {
		return nil, false
	}
	mac, err := hex.DecodeString(string(text[cut+len(macBegins) : len(text)-len(macEnds)]))
	covered := append(append([]byte{}, text[:cut]...), '}')
	return covered, err == nil && hmac.Equal(mac, macOf(key, covered))
}

// read parses the line, without its line feed, that follows a mark. The error is ErrListAltered with the entry's number.
func read(key *vault.Key, after Mark, text []byte) (Destroyed, Mark, error) {
	altered := fmt.Errorf("%w: entry %d", ErrListAltered, after.Entries+1)
	covered, ok := signed(key, text)
	if !ok {
		return Destroyed{}, after, altered
	}
	var e entry
	if err := json.Unmarshal(covered, &e, json.RejectUnknownMembers(true)); err != nil || e.N != after.Entries+1 || e.Before != hex.EncodeToString(after.Hash[:]) {
		return Destroyed{}, after, altered
	}
	return e.Destroyed, Mark{e.N, sha256.Sum256(text)}, nil
}

// number is a count as encoded for a MAC.
func number(n int64) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(n)) //nolint:gosec // counts are not negative
}
