package embedded

import (
	"encoding/binary"
)

// Key spaces: the first byte of a key. They, and what is stored
// under them, are the format of the log and never change within formatNumber.
const (
	spaceMeta   = 0x01 // about the log itself
	spaceLog    = 0x02 // chunks of events in commit order
	spaceStream = 0x03 // where a stream's events are, by stream and version
	spaceEnd    = 0x04
)

// metaKey is the key of the record about the log: format number and log id.
func metaKey() []byte { return []byte{spaceMeta} }

// indexedKey is the key of the position up to which the stream index is written.
func indexedKey() []byte { return []byte{spaceMeta, 1} }

// fenceKey is the key of the fence, if one is set.
func fenceKey() []byte { return []byte{spaceMeta, 2} }

// appendLogKey is the key of the chunk whose first event is at position.
func appendLogKey(dst []byte, position uint64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, spaceLog), position)
}

// logKeySize is the length of what appendLogKey adds.
const logKeySize = 1 + 8

// logPosition reads the position from a chunk's key.
func logPosition(key []byte) (uint64, bool) {
	if len(key) != logKeySize || key[0] != spaceLog {
		return 0, false
	}
	return binary.BigEndian.Uint64(key[1:]), true
}

// appendStreamKey is the key of the index entry that starts with the append whose first
// event has this version. Names hold no NUL, so the keys of two streams never interleave.
func appendStreamKey(dst []byte, stream string, version int64) []byte {
	dst = append(append(append(dst, spaceStream), stream...), 0)
	return binary.BigEndian.AppendUint64(dst, uint64(version)) //nolint:gosec // versions are not negative
}

// streamBounds are the bounds of a stream's index entries.
func streamBounds(stream string) (lower, upper []byte) {
	lower = append(append([]byte{spaceStream}, stream...), 0)
	upper = append(append([]byte{spaceStream}, stream...), 1)
	return lower, upper
}

// streamVersion reads the version from an index entry's key.
func streamVersion(key []byte) int64 {
	return int64(binary.BigEndian.Uint64(key[len(key)-8:])) //nolint:gosec // written by appendStreamKey
}

// maxCount is more events than an append or a chunk can hold; a larger number is damage.
const maxCount = 1 << 24
