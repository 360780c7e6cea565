package embedded

import (
	"encoding/binary"

	"accountledger/eventstore"
)

// A chunk is the value under one key of the log: a byte for its format, the
// number of its records as a uvarint, and the records. Storing many events
// under one key is what makes a commit cheap.

const (
	chunkFormat = 1
	// chunkBytes closes a chunk: reading one event costs reading its chunk.
	chunkBytes = 32 << 10
)

func chunkSize(count int, records []byte) int {
	return 1 + uvarintSize(uint64(count)) + len(records) //nolint:gosec // not negative
}

func putChunk(dst []byte, count int, records []byte) {
	dst[0] = chunkFormat
	n := 1 + binary.PutUvarint(dst[1:], uint64(count)) //nolint:gosec // not negative
	copy(dst[n:], records)
}

// chunk is a stored chunk, read from one position to the next.
type chunk struct {
	first uint64 // position of its first event
	count uint64
	whole []byte // all records
	next  uint64 // position of the first record in rest
	rest  []byte
}

// parseChunk parses a stored key and value; the chunk refers to value's memory.
func parseChunk(key, value []byte) (chunk, error) {
	first, ok := logPosition(key)
	if !ok || first == 0 {
		return chunk{}, damaged(0, "the key of a chunk cannot be read")
	}
	if len(value) == 0 || value[0] != chunkFormat {
		return chunk{}, damaged(first, "a chunk of the log has an unknown format")
	}
	count, n := binary.Uvarint(value[1:])
	if n <= 0 || count == 0 || count > maxCount {
		return chunk{}, damaged(first, "the head of a chunk cannot be read")
	}
	records := value[1+n:]
	return chunk{first: first, count: count, whole: records, next: first, rest: records}, nil
}

// end is the position after the chunk's last event.
func (c *chunk) end() uint64 { return c.first + c.count }

func (c *chunk) has(position uint64) bool { return position >= c.first && position < c.end() }

// seek moves to the record at a position within the chunk.
func (c *chunk) seek(position uint64) error {
	if position < c.next {
		c.next, c.rest = c.first, c.whole
	}
	for c.next < position {
		_, _, rest, ok := nextRecord(c.rest)
		if !ok {
			return damaged(c.next, "an event cannot be read")
		}
		c.next, c.rest = c.next+1, rest
	}
	return nil
}

// body is the record at the last position sought; it refers to the chunk's memory.
func (c *chunk) body() (body, sum, rest []byte, err error) {
	body, sum, rest, ok := nextRecord(c.rest)
	if !ok || (c.next == c.end()-1) != (len(rest) == 0) {
		return nil, nil, nil, damaged(c.next, "an event cannot be read")
	}
	return body, sum, rest, nil
}

// own copies what is left of the chunk.
func (c *chunk) own() {
	c.rest = append([]byte(nil), c.rest...)
	c.whole = nil
}

// damaged reports that the stored bytes at a position are not what was written.
func damaged(position uint64, reason string) *eventstore.CorruptError {
	return &eventstore.CorruptError{Offset: -1, At: eventstore.NewPosition(position, position), Reason: reason}
}
