package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"accountledger/eventstore"
)

// Digest identifies a history from its beginning: the number of events, and the hash of
// them all in order. Two logs with the same digest hold the same history.
//
// It begins with 32 zeros. The hash after an event is SHA-256 over 0x01, the hash before it and the event's entry (eventstore.EntryHash).
type Digest struct {
	Events int64
	Hash   [sha256.Size]byte
}

// String is the hash in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d.Hash[:]) }

// hasher computes entries and digests, without allocating for each.
type hasher struct {
	entries *eventstore.EntryHasher
	sha     hash.Hash
	small   []byte
}

func newHasher() *hasher { return &hasher{entries: eventstore.NewEntryHasher(), sha: sha256.New()} }

func (h *hasher) entry(e *eventstore.Recorded) eventstore.EntryHash { return h.entries.Sum(e) }

// add adds one more event to a digest.
func (h *hasher) add(d *Digest, entry eventstore.EntryHash) {
	h.small = append(append(append(h.small[:0], 1), d.Hash[:]...), entry[:]...)
	h.sha.Reset()
	h.sha.Write(h.small)
	h.sha.Sum(d.Hash[:0])
	d.Events++
}
