package transfer

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"accountledger/eventstore"
)

// Digest identifies a history from its beginning: the number of events, and the hash of
// them all in order. Two logs with the same digest hold the same history.
//
// The leaf of an event is SHA-256 over 0x00 and its stream, version (8 bytes, big-endian),
// id, type, data and metadata, each prefixed with its length (4 bytes, big-endian). The hash
// after an event is SHA-256 over 0x01, the hash before it (32 zeros before the first) and its leaf.
type Digest struct {
	Events int64
	Hash   [sha256.Size]byte
}

// String is the hash in hexadecimal.
func (d Digest) String() string { return hex.EncodeToString(d.Hash[:]) }

// hasher computes leaves and digests, without allocating for each.
type hasher struct {
	sha   hash.Hash
	small []byte
}

func newHasher() *hasher { return &hasher{sha: sha256.New()} }

func (h *hasher) leaf(e *eventstore.Recorded) (leaf [sha256.Size]byte) {
	h.sha.Reset()
	h.small = append(h.small[:0], 0)
	h.small = appendField(h.small, e.Stream)
	h.small = appendField(h.small, binary.BigEndian.AppendUint64(nil, uint64(e.Version))) //nolint:gosec // versions are not negative
	h.small = appendField(h.small, e.ID[:])
	h.small = appendField(h.small, e.Type)
	h.small = binary.BigEndian.AppendUint32(h.small, uint32(len(e.Data))) //nolint:gosec // far below 4 GiB
	h.sha.Write(h.small)
	h.sha.Write(e.Data)
	h.small = binary.BigEndian.AppendUint32(h.small[:0], uint32(len(e.Metadata))) //nolint:gosec // far below 4 GiB
	h.sha.Write(h.small)
	h.sha.Write(e.Metadata)
	h.sha.Sum(leaf[:0])
	return leaf
}

// add adds one more event to a digest.
func (h *hasher) add(d *Digest, leaf [sha256.Size]byte) {
	h.small = append(append(append(h.small[:0], 1), d.Hash[:]...), leaf[:]...)
	h.sha.Reset()
	h.sha.Write(h.small)
	h.sha.Sum(d.Hash[:0])
	d.Events++
}

func appendField[T string | []byte](b []byte, field T) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(len(field))) //nolint:gosec // far below 4 GiB
	return append(b, field...)
}
