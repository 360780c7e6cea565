package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/cockroachdb/pebble/v2"
	"github.com/google/uuid"
)

// formatNumber is raised when older programs could not read what is stored.
const formatNumber = 1

// meta is the record about the log: format number (4 bytes, big-endian), log id (16
// bytes), CRC32C of both (4 bytes). A newer format may append to it, never change these.
type meta struct {
	format uint32
	log    uuid.UUID
}

const metaSize = 4 + 16 + crcSize

func readMeta(db *pebble.DB) (m meta, found bool, err error) {
	value, closer, err := db.Get(metaKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return m, false, nil
	}
	if err != nil {
		return m, false, readError(err, 0)
	}
	defer func() { _ = closer.Close() }()
	if len(value) < metaSize {
		return m, false, damaged(0, "the record about the log cannot be read")
	}
	m.format = binary.BigEndian.Uint32(value)
	m.log = uuid.UUID(value[4:20])
	if m.format > formatNumber {
		return m, false, fmt.Errorf("%w: %d, it knows up to %d", ErrNewerFormat, m.format, formatNumber)
	}
	m, ok := parseMeta(value)
	if !ok {
		return m, false, damaged(0, "the record about the log cannot be read")
	}
	return m, true, nil
}

// parseMeta parses a record about the log in the current format.
func parseMeta(value []byte) (m meta, ok bool) {
	if len(value) != metaSize || binary.BigEndian.Uint32(value[20:]) != crc32.Checksum(value[:20], castagnoli) {
		return m, false
	}
	m.format, m.log = binary.BigEndian.Uint32(value), uuid.UUID(value[4:20])
	return m, m.format == formatNumber
}

// createMeta durably gives a new log its id: the given one, or a random one for the nil UUID.
func createMeta(db *pebble.DB, id uuid.UUID) (meta, error) {
	if id == uuid.Nil {
		var err error
		if id, err = newLogID(); err != nil {
			return meta{}, err
		}
	}
	value := binary.BigEndian.AppendUint32(nil, formatNumber)
	value = append(value, id[:]...)
	value = binary.BigEndian.AppendUint32(value, crc32.Checksum(value, castagnoli))
	err := db.Set(metaKey(), value, pebble.Sync)
	if err == nil {
		err = db.Flush() // so that the record does not depend on the write-ahead file
	}
	if err != nil {
		return meta{}, fmt.Errorf("embedded: create the log: %w", err)
	}
	return meta{formatNumber, id}, nil
}

// readHead finds the last stored event.
func readHead(db *pebble.DB) (h head, err error) {
	iter, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceLog}, UpperBound: []byte{spaceLog + 1}})
	if err != nil {
		return h, readError(err, 0)
	}
	defer func() { err = errors.Join(err, closeIter(iter)) }()
	if !iter.Last() {
		return h, readError(iter.Error(), 0)
	}
	value, err := iter.ValueAndErr()
	if err != nil {
		return h, readError(err, 0)
	}
	c, err := parseChunk(iter.Key(), value)
	if err != nil {
		return h, err
	}
	last := c.end() - 1
	if err := c.seek(last); err != nil {
		return h, err
	}
	body, sum, _, err := c.body()
	if err != nil {
		return h, err
	}
	r, reason := decode(last, body, sum, nil)
	if reason != "" {
		return h, damaged(last, reason)
	}
	return head{last, r.ID}, nil
}
