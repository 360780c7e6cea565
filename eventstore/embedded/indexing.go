package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// writeIndex writes a window to Pebble's index, which then covers everything up to a
// position. All of that is already in Pebble's log, so a crash keeps both the index and the
// part of the log it covers, or neither.
func (s *Store) writeIndex(w *window, upTo uint64) error {
	batch := s.db.NewBatch()
	var key, value []byte
	for _, name := range slices.Sorted(maps.Keys(w.streams)) {
		for spans := range slices.Chunk(w.streams[name].spans, entrySpans) {
			key = appendStreamKey(key[:0], name, spans[0].version)
			value = appendSpans(value[:0], spans)
			if err := batch.Set(key, value, nil); err != nil {
				return fmt.Errorf("embedded: write the stream index: %w", err)
			}
		}
	}
	if err := batch.Set(indexedKey(), binary.AppendUvarint(nil, upTo), nil); err != nil {
		return fmt.Errorf("embedded: write the stream index: %w", err)
	}
	if err := errors.Join(s.db.Apply(batch, pebble.NoSync), batch.Close()); err != nil {
		return fmt.Errorf("embedded: write the stream index: %w", err)
	}
	return nil
}

// index writes a window in the background.
func (s *Store) index(w *window, upTo uint64) {
	defer s.idle.Done()
	if s.queue.failure() != nil {
		return
	}
	if err := s.writeIndex(w, upTo); err != nil {
		s.fail(err)
		return
	}
	s.windows.written()
}

// readIndexed is the position up to which the index is written.
func readIndexed(db *pebble.DB) (uint64, error) {
	value, closer, err := db.Get(indexedKey())
	if errors.Is(err, pebble.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, readError(err, 0)
	}
	position, n := binary.Uvarint(value)
	if err := closer.Close(); err != nil {
		return 0, readError(err, 0)
	}
	if n <= 0 {
		return 0, damaged(0, "the record about the stream index cannot be read")
	}
	return position, nil
}

// rebuildIndex reads into memory what is in the log and not in the index, after the
// store was not closed properly.
func (s *Store) rebuildIndex(last head) (err error) {
	position, err := readIndexed(s.db)
	if err != nil {
		return err
	}
	if position > last.position {
		return locate(damaged(last.position+1, "the stream index goes beyond the log"), s.dir)
	}
	c, err := s.newCursor(make(map[string]string))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	for position++; position <= last.position; {
		at, first, err := c.readSpan(position)
		if err != nil {
			return err
		}
		if at.end() > last.position+1 {
			return locate(damaged(position, "the log ends within an append"), s.dir)
		}
		if err := s.rememberSpan(at, first); err != nil {
			return err
		}
		position = at.end()
	}
	return nil
}

// readSpan reads the first event of an append and returns the span of all its events.
func (c *cursor) readSpan(position uint64) (span, eventstore.Recorded, error) {
	r, err := c.read(position)
	if err != nil {
		return span{}, r, err
	}
	body, _, _, err := c.chunk.body()
	if err != nil {
		return span{}, r, locate(err, c.dir)
	}
	after := recordsAfter(body)
	if after >= maxCount {
		return span{}, r, locate(damaged(position, "an event cannot be read"), c.dir)
	}
	return span{r.Version, position, int64(after) + 1}, r, nil
}

// rememberSpan records in memory an append read from the log.
func (s *Store) rememberSpan(at span, first eventstore.Recorded) error {
	known := s.windows.get(first.Stream, hint{})
	if known == nil {
		t, err := s.readTail(first.Stream)
		if err != nil {
			return err
		}
		known = s.windows.put(first.Stream, *t)
	}
	if known.tail.last != at.version-1 {
		return locate(damaged(at.position, "the stream index and the log do not agree"), s.dir)
	}
	s.windows.add(known, at, first.ID)
	return nil
}
