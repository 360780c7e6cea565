package embedded

import (
	"encoding/binary"
	"hash/crc32"
	"math/bits"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// A record is one event as it is stored:
//
//	uvarint length of the body
//	body: id (16 bytes), uvarint number of events of the same append after this one,
//	      stream, uvarint version, type, metadata, data,
//	      each of the four preceded by its length as a uvarint
//	CRC32C (4 bytes, big-endian) over the position (8 bytes, big-endian) and the body
//
// The checksum covers the position, so an event in the wrong place is
// found. The number of events to come marks where appends begin and end, so that the
// stream index can be rebuilt from the log.

const (
	idSize  = 16
	crcSize = 4
)

// castagnoli is constant; hash/crc32 keeps one copy of it.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// uvarintSize is the length of v as a uvarint.
func uvarintSize(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

func fieldSize(n int) int { return uvarintSize(uint64(n)) + n } //nolint:gosec // lengths are not negative

func bodySize(stream string, version int64, after int, e *eventstore.Event) int {
	return idSize + uvarintSize(uint64(after)) + fieldSize(len(stream)) + uvarintSize(uint64(version)) + //nolint:gosec // versions are not negative
		fieldSize(len(e.Type)) + fieldSize(len(e.Metadata)) + fieldSize(len(e.Data))
}

// encodeRecords encodes the events of one append, with versions from first on. The
// checksums are left empty: seal fills them in when the positions are known.
func encodeRecords(stream string, first int64, events []eventstore.Event) []byte {
	total := 0
	for i := range events {
		n := bodySize(stream, first+int64(i), len(events)-1-i, &events[i])
		total += fieldSize(n) + crcSize
	}
	dst := make([]byte, 0, total)
	for i := range events {
		e, version, after := &events[i], first+int64(i), len(events)-1-i
		dst = binary.AppendUvarint(dst, uint64(bodySize(stream, version, after, e))) //nolint:gosec // not negative
		dst = append(dst, e.ID[:]...)
		dst = binary.AppendUvarint(dst, uint64(after)) //nolint:gosec // not negative
		dst = append(binary.AppendUvarint(dst, uint64(len(stream))), stream...)
		dst = binary.AppendUvarint(dst, uint64(version)) //nolint:gosec // not negative
		dst = append(binary.AppendUvarint(dst, uint64(len(e.Type))), e.Type...)
		dst = append(binary.AppendUvarint(dst, uint64(len(e.Metadata))), e.Metadata...)
		dst = append(binary.AppendUvarint(dst, uint64(len(e.Data))), e.Data...)
		dst = append(dst, 0, 0, 0, 0)
	}
	return dst
}

// nextRecord splits the first record off b; false when b is damaged.
func nextRecord(b []byte) (body, sum, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size < idSize || size > uint64(len(b)) || uint64(len(b)-n) < size+crcSize { //nolint:gosec // n <= len(b)
		return nil, nil, nil, false
	}
	end := n + int(size) //nolint:gosec // bounded above
	return b[n:end:end], b[end : end+crcSize : end+crcSize], b[end+crcSize:], true
}

// checksum of the body at its position.
func checksum(position uint64, body []byte) uint32 {
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], position)
	return crc32.Update(crc32.Update(0, castagnoli, at[:]), castagnoli, body)
}

// seal fills in a record's checksum.
func seal(position uint64, body, sum []byte) {
	binary.BigEndian.PutUint32(sum, checksum(position, body))
}

// recordID is the id of the event in a body.
func recordID(body []byte) uuid.UUID { return uuid.UUID(body[:idSize]) }

// recordsAfter is how many events of the same append follow the one in a decoded body.
func recordsAfter(body []byte) uint64 {
	after, _ := binary.Uvarint(body[idSize:])
	return after
}

// decode reads a body that the caller owns: Data and Metadata of the
// result refer to it. The reason says what is damaged, empty if nothing is.
func decode(position uint64, body, sum []byte, types map[string]string) (r eventstore.Recorded, reason string) {
	if binary.BigEndian.Uint32(sum) != checksum(position, body) {
		return r, "the checksum of an event does not match"
	}
	r.ID = recordID(body)
	_, n := binary.Uvarint(body[idSize:])
	if n <= 0 {
		return r, "an event cannot be read"
	}
	stream, rest, ok1 := field(body[idSize+n:])
	version, n := binary.Uvarint(rest)
	if !ok1 || n <= 0 {
		return r, "an event cannot be read"
	}
	name, rest, ok1 := field(rest[n:])
	metadata, rest, ok2 := field(rest)
	data, rest, ok3 := field(rest)
	if !ok1 || !ok2 || !ok3 || len(rest) != 0 {
		return r, "an event cannot be read"
	}
	r.Stream, r.Version = string(stream), int64(version) //nolint:gosec // written from an int64
	r.Type, r.Metadata, r.Data = intern(types, name), metadata, data
	r.Position = eventstore.NewPosition(position, position)
	return r, ""
}

// field splits off a length-prefixed field.
func field(b []byte) (value, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) { //nolint:gosec // n <= len(b)
		return nil, nil, false
	}
	end := n + int(size) //nolint:gosec // bounded above
	return b[n:end:end], b[end:], true
}

// intern keeps one copy of each type's name per read: there are few of them.
func intern(types map[string]string, name []byte) string {
	if types == nil {
		return string(name)
	}
	if s, ok := types[string(name)]; ok {
		return s
	}
	s := string(name)
	types[s] = s
	return s
}
