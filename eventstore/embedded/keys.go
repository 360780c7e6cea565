package embedded

import (
	"encoding/binary"
)

// Key spaces, told apart by the first byte of a key. They and what is stored
// under them are the format of the log and never change within formatNumber.
const (
	spaceMeta   = 0x01 // one record: format number and log id
	spaceLog    = 0x02 // chunks of events in commit order
	spaceStream = 0x03 // one entry an append, by stream and version
	spaceEnd    = 0x04
)

// metaKey is the key of the one record about the log itself.
func metaKey() []byte { return []byte{spaceMeta} }

// appendLogKey is the key of the chunk whose first event stands at position.
func appendLogKey(dst []byte, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, spaceLog), position)
}

// logKeySize is the length of what appendLogKey adds.
const logKeySize = 1 + 8

// logPosition reads the position back out of a chunk's key.
func logPosition(key []byte) (uint64, bool) {
	if len(key) != logKeySize || key[0] != spaceLog {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}

// appendStreamKey is the key of the index entry of the append whose first event
// has this version. Names hold no NUL, so no name's keys lie among another's.
func appendStreamKey(dst []byte, stream string, version int64) []byte {
	dst = append(append(append(dst, spaceStream), stream...), 0)
	return binary.BigEndian.AppendUint64(dst, uint64(version)) //nolint:gosec // versions are not negative
}

// streamKeySize is the length of what appendStreamKey adds.
func streamKeySize(stream string) int { return 1 + len(stream) + 1 + 8 }

// streamBounds are the keys between which a stream's index entries lie.
func streamBounds(stream string) (lower, upper []byte) {
	lower = append(append([]byte{spaceStream}, stream...), 0)
	upper = append(append([]byte{spaceStream}, stream...), 1)
	return lower, upper
}

// streamVersion reads the version back out of an index entry's key.
func streamVersion(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key[len(key)-8:])) //nolint:gosec // written by appendStreamKey
}

// entry is the value of the stream index: where an append's first event stands
// and how many events it had.
type entry struct {
	version  int64 // of the first event; part of the key
	position uint64
	count    int64
}

func (e entry) last() int64 { return e.version + e.count - 1 }

// entrySize is the length of an entry's value.
func entrySize(position uint64, count int) int {
	return uvarintSize(position) + uvarintSize(uint64(count)) //nolint:gosec // counts are not negative
}

func putEntry(dst []byte, position uint64, count int) {
	n := binary.PutUvarint(dst, position)
	binary.PutUvarint(dst[n:], uint64(count)) //nolint:gosec // counts are not negative
}

// parseEntry reads an index entry; false when it is damaged.
func parseEntry(key, value []byte) (entry, bool) {
	position, n := binary.Uvarint(value)
	if n <= 0 || position == 0 {
		return entry{}, false
	}
	count, m := binary.Uvarint(value[n:])
	if m <= 0 || n+m != len(value) || count == 0 || count > maxCount {
		return entry{}, false
	}
	return entry{streamVersion(key), position, int64(count)}, true //nolint:gosec // bounded above
}

// maxCount is more events than an append or a chunk can hold; a larger number is damage.
const maxCount = 1 << 24
