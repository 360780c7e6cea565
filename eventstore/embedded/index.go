package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// readTail finds the end of a stream in Pebble's index. The files' filters tell
// that a stream is new: the first entry of every stream has version 0.
func (s *Store) readTail(name string) (*tail, error) {
	none := &tail{last: eventstore.NoStream, first: unknownFirst}
	found, err := s.hasEntry(name)
	if err != nil || !found {
		return none, err
	}
	spans, err := s.storedSpans(nil, name, eventstore.Backwards, eventstore.End, noSpans, 1)
	if err != nil || len(spans) == 0 {
		return none, err
	}
	return &tail{last: spans[0].last(), position: spans[0].end() - 1, first: unknownFirst}, nil
}

// hasEntry reports whether Pebble's index has anything for a stream. It does what Get does,
// but Get skips the filters of the lowest level, where most of the log is.
func (s *Store) hasEntry(name string) (bool, error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{
		LowerBound: []byte{spaceStream}, UpperBound: []byte{spaceEnd}, UseL6Filters: true,
	})
	if err != nil {
		return false, readError(err, 0)
	}
	// The whole key is the prefix, so it finds that key or nothing.
	found := iter.SeekPrefixGE(appendStreamKey(nil, name, 0))
	return found, errors.Join(readError(iter.Error(), 0), closeIter(iter))
}

// storedSpans appends to dst up to limit of the appends that Pebble's index has for a stream, in the direction of
// reading: from the one that holds version `from`, and only those before version `before`.
func (s *Store) storedSpans(dst []span, name string, d eventstore.Direction, from, before int64, limit int) (_ []span, err error) {
	lower, upper := streamBounds(name)
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: lower, UpperBound: upper})
	if err != nil {
		return dst, readError(err, 0)
	}
	defer func() { err = errors.Join(err, closeIter(iter)) }()
	valid, move := iter.Last, iter.Next
	if d == eventstore.Backwards {
		move = iter.Prev
	}
	if from != eventstore.End {
		valid = func() bool { return iter.SeekLT(appendStreamKey(nil, name, from+1)) }
	}
	var entry []span
	for ok := valid(); ok && len(dst) < limit; ok = move() {
		if entry, err = readEntry(entry[:0], iter); err != nil {
			return dst, err
		}
		if d == eventstore.Forwards && entry[0].version >= before {
			break
		}
		dst = take(dst, entry, d, from, before, limit)
	}
	return dst, readError(iter.Error(), 0)
}

// readEntry reads the index entry at the iterator's position.
func readEntry(dst []span, iter *pebble.Iterator) ([]span, error) {
	value, err := iter.ValueAndErr()
	if err != nil {
		return dst, readError(err, 0)
	}
	dst, ok := parseSpans(dst, iter.Key(), value)
	if !ok {
		return dst, damaged(0, "an entry of the stream index cannot be read")
	}
	return dst, nil
}

// take appends to dst the spans of an entry that are in range, in the direction of reading.
func take(dst, entry []span, d eventstore.Direction, from, before int64, limit int) []span {
	for i := range entry {
		e := entry[i]
		if d == eventstore.Backwards {
			e = entry[len(entry)-1-i]
		}
		switch {
		case len(dst) == limit:
			return dst
		case e.version >= before:
		case d == eventstore.Forwards && e.last() < from:
		case d == eventstore.Backwards && from != eventstore.End && e.version > from:
		default:
			dst = append(dst, e)
		}
	}
	return dst
}

// spans returns up to limit of a stream's appends, durable or not, in the direction of
// reading, from the one that holds version `from`.
func (s *Store) spans(name string, d eventstore.Direction, from int64, limit int) ([]span, error) {
	// Memory first: whatever leaves it from now on is already in Pebble.
	recent := s.windows.read(name, d, from, limit)
	if d == eventstore.Backwards {
		if len(recent.spans) == limit || recent.first == 0 {
			return recent.spans, nil
		}
		return s.storedSpans(recent.spans, name, d, from, recent.first, limit)
	}
	if from >= recent.first || recent.ended {
		return recent.spans, nil
	}
	stored, err := s.storedSpans(nil, name, d, from, recent.first, limit)
	if err != nil {
		return nil, err
	}
	if recent.first == noSpans && len(stored) == 0 {
		s.windows.ended(name, from, recent.generation)
	}
	return append(stored, recent.spans[:min(len(recent.spans), limit-len(stored))]...), nil
}

// isRepeat reports whether the stream already has the request's events at the expected
// version, as one append, and the position of the last of them. The stream has versions
// beyond the expected one, all of them readable.
func (s *Store) isRepeat(r *request) (last uint64, same bool, err error) {
	spans, err := s.spans(r.stream, eventstore.Forwards, r.expected+1, 1)
	if err != nil || len(spans) == 0 || spans[0].version != r.expected+1 || spans[0].count != int64(r.count) {
		return 0, false, err
	}
	events, err := s.newCursor(nil)
	if err != nil {
		return 0, false, err
	}
	defer func() { err = errors.Join(err, events.close()) }()
	records := r.records
	for position := spans[0].position; position < spans[0].end(); position++ {
		body, _, rest, ok := nextRecord(records)
		if !ok {
			return 0, false, damaged(0, "own record cannot be read")
		}
		stored, err := events.read(position)
		if err != nil {
			return 0, false, err
		}
		if stored.ID != recordID(body) {
			return 0, false, nil
		}
		records = rest
	}
	return spans[0].end() - 1, true, nil
}

func closeIter(iter *pebble.Iterator) error { return readError(iter.Close(), 0) }
