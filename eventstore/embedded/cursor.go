package embedded

import (
	"errors"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// cursor reads events of the log by position. It belongs to one goroutine and
// must be closed soon: while it is open, Pebble holds on to files and memory.
type cursor struct {
	iter  *pebble.Iterator
	chunk chunk
	types map[string]string
	dir   string
}

func (s *Store) newCursor(types map[string]string) (*cursor, error) {
	iter, err := s.db.NewIter(&pebble.IterOptions{LowerBound: []byte{spaceLog}, UpperBound: []byte{spaceLog + 1}})
	if err != nil {
		return nil, readError(err, 0)
	}
	return &cursor{iter: iter, types: types, dir: s.dir}, nil
}

func (c *cursor) close() error { return closeIter(c.iter) }

// read returns a copy of the event at a position.
func (c *cursor) read(position uint64) (eventstore.Recorded, error) {
	if err := c.find(position); err != nil {
		return eventstore.Recorded{}, err
	}
	body, sum, _, err := c.chunk.body()
	if err != nil {
		return eventstore.Recorded{}, locate(err, c.dir)
	}
	r, reason := decode(position, append([]byte(nil), body...), sum, c.types)
	if reason != "" {
		return r, locate(damaged(position, reason), c.dir)
	}
	return r, nil
}

// find moves the chunk to a position.
func (c *cursor) find(position uint64) error {
	if !c.chunk.has(position) {
		if err := c.load(position); err != nil {
			return err
		}
	}
	return locate(c.chunk.seek(position), c.dir)
}

// load reads the chunk that has the position: the next one, or one found by a seek.
func (c *cursor) load(position uint64) error {
	var valid bool
	if c.chunk.count > 0 && position == c.chunk.end() {
		valid = c.iter.Next()
	} else {
		valid = c.iter.SeekLT(appendLogKey(make([]byte, 0, logKeySize), position+1))
	}
	c.chunk = chunk{}
	if !valid {
		return c.missing(c.iter.Error(), position)
	}
	value, err := c.iter.ValueAndErr()
	if err != nil {
		return readError(err, position)
	}
	found, err := parseChunk(c.iter.Key(), value)
	if err != nil {
		return locate(err, c.dir)
	}
	if !found.has(position) {
		return c.missing(nil, position)
	}
	c.chunk = found
	return nil
}

func (c *cursor) missing(err error, position uint64) error {
	if err != nil {
		return readError(err, position)
	}
	return locate(damaged(position, "an event is missing"), c.dir)
}

// readRun appends to dst the events from position to last, at most limit of them,
// and stops once they exceed bytes.
func (c *cursor) readRun(dst []eventstore.Recorded, position, last uint64, limit, bytes int) ([]eventstore.Recorded, error) {
	for size := 0; len(dst) < limit && position <= last && size < bytes; {
		if err := c.find(position); err != nil {
			return dst, err
		}
		c.chunk.own()
		for len(dst) < limit && position <= last && size < bytes && c.chunk.has(position) {
			body, sum, rest, err := c.chunk.body()
			if err != nil {
				return dst, locate(err, c.dir)
			}
			r, reason := decode(position, body, sum, c.types)
			if reason != "" {
				return dst, locate(damaged(position, reason), c.dir)
			}
			dst, size = append(dst, r), size+len(body)
			position++
			c.chunk.next, c.chunk.rest = position, rest
		}
	}
	return dst, nil
}

var errNoPosition = errors.New("not a position of this log")
