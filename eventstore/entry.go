package eventstore

import (
	"crypto/sha256"
	"encoding/binary"
	"hash"
)

// entryLabel begins what an entry is hashed from, so that it is the hash of nothing else.
const entryLabel = "accountledger/event/v1\n"

// EntryHash is an event's entry in the verifiable log: SHA-256 over entryLabel and the event's stored fields in this order, each after its
// length in four bytes, big-endian:
//
//	stream     its name, UTF-8
//	version    eight bytes, big-endian
//	id         sixteen bytes
//	type       its stored name, such as session.ended.v1
//	data       as stored
//	metadata   as stored
//
// Sealed parts enter as they are stored, encrypted, so that the destruction of a key changes no entry, and the entry of an erased
// person's event still proves what its public fields say. It is the same for one history on every engine, and after a move or an import.
// Nobody learns an event from its entry: each has an id of 122 random bits.
type EntryHash [sha256.Size]byte

// EntryHasher computes entries without allocating for each. It belongs to one goroutine.
type EntryHasher struct {
	sha   hash.Hash
	small []byte
}

// NewEntryHasher makes one.
func NewEntryHasher() *EntryHasher { return &EntryHasher{sha: sha256.New()} }

// Sum is the entry of an event.
func (h *EntryHasher) Sum(e *Recorded) (out EntryHash) {
	h.sha.Reset()
	b := append(h.small[:0], entryLabel...)
	b = AppendField(b, e.Stream)
	b = binary.BigEndian.AppendUint64(binary.BigEndian.AppendUint32(b, 8), uint64(e.Version)) //nolint:gosec // versions are not negative
	b = AppendField(b, e.ID[:])
	b = AppendField(b, e.Type)
	b = binary.BigEndian.AppendUint32(b, uint32(len(e.Data))) //nolint:gosec // far below 4 GiB
	h.sha.Write(b)
	h.sha.Write(e.Data)
	b = binary.BigEndian.AppendUint32(b[:0], uint32(len(e.Metadata))) //nolint:gosec // far below 4 GiB
	h.sha.Write(b)
	h.sha.Write(e.Metadata)
	h.sha.Sum(out[:0])
	h.small = b
	return out
}

// AppendField appends a field after its length in four bytes, big-endian.
func AppendField[T string | []byte](b []byte, field T) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(field))), field...) //nolint:gosec // far below 4 GiB
}
