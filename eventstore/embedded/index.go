package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// readTail finds the end of a stream in the index, durable or not. A new stream
// is told by the filters of the files: the first entry of every stream has version 0.
func (s *Store) readTail(stream string) (*tail, error) {
	none := &tail{last: eventstore.NoStream, first: unknownFirst}
	if _, found, err := s.readEntry(stream, 0); err != nil || !found {
		return none, err
	}
	lower, upper := streamBounds(stream)
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return none, readError(err, 0)
	}
	e, found, err := entryAt(iter, iter.Last())
	if err = errors.Join(err, closeIter(iter)); err != nil || !found {
		return none, err
	}
	return &tail{last: e.last(), position: e.position + uint64(e.count) - 1, first: unknownFirst}, nil //nolint:gosec // counts are positive
}

// readEntry finds the append that begins with a version. It is Get, except that
// Get does not ask the filters of the lowest level, where most of the log lies.
func (s *Store) readEntry(stream string, version int64) (e entry, found bool, err error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{spaceStream}, UpperBound: []byte{spaceEnd}, UseL6Filters: true,
	})
	if err != nil {
		return e, false, readError(err, 0)
	}
	// The whole key is the prefix, so what is found is that key or nothing.
	e, found, err = entryAt(iter, iter.SeekPrefixGE(appendStreamKey(nil, stream, version)))
	return e, found, errors.Join(err, closeIter(iter))
}

// entryAt reads the index entry where the iterator stands, if it does.
func entryAt(iter *pebble.Iterator, valid bool) (e entry, found bool, err error) {
	if !valid {
		return e, false, readError(iter.Error(), 0)
	}
	value, err := iter.ValueAndErr()
	if err != nil {
		return e, false, readError(err, 0)
	}
	e, ok := parseEntry(iter.Key(), value)
	if !ok {
		return e, false, damaged(0, "an entry of the stream index cannot be read")
	}
	return e, true, nil
}

// isRepeat reports whether the request's events stand already where it wants them,
// as one append, and the position of the last of them. The stream goes on beyond the
// expected version, and everything of it can be read.
func (s *Store) isRepeat(r *request) (last uint64, same bool, err error) {
	e, found, err := s.readEntry(r.stream, r.expected+1)
	if err != nil || !found || e.count != int64(r.count) {
		return 0, false, err
	}
	events, err := s.newCursor(nil)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, events.close()) }()
	records := r.records
	for i := range uint64(r.count) { //nolint:gosec // counts are positive
		body, _, rest, ok := nextRecord(records)
		if !ok {
			return 0, false, damaged(0, "own record cannot be read")
		}
		stored, err := events.read(e.position + i)
		if err != nil {
			return 0, false, err
		}
		if stored.ID != recordID(body) {
			return 0, false, nil
		}
		records = rest
	}
	return e.position + uint64(r.count) - 1, true, nil //nolint:gosec // counts are positive
}

func closeIter(iter *pebble.Iterator) error { return readError(iter.Close(), 0) }
