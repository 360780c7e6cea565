package embedded

import (
	"slices"
	"sync"

	"accountledger/eventstore"
)

// recentBytes bounds the events kept in memory for readers near the head, so that
// they need not read Pebble.
const recentBytes = 4 << 20

// recent holds the last durable events as stored, without a gap.
type recent struct {
	mu    sync.RWMutex
	runs  []run // in order
	from  uint64
	to    uint64 // the last event held; from > to when there is none
	bytes int
	limit int
}

func newRecent(limit int) *recent { return &recent{limit: limit} }

// reset empties it before the first event after head.
func (c *recent) reset(head uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.runs, c.bytes, c.from, c.to = nil, 0, head+1, head
}

// add takes the events up to the new head and drops the oldest.
func (c *recent) add(runs []run, head uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range runs {
		c.bytes += len(runs[i].records)
	}
	c.runs, c.to = append(c.runs, runs...), head
	drop := 0
	for ; c.bytes > c.limit && drop < len(c.runs); drop++ {
		c.bytes -= len(c.runs[drop].records)
		c.from = c.runs[drop].first + uint64(c.runs[drop].count) //nolint:gosec // counts are positive
	}
	clear(c.runs[:drop])
	c.runs = c.runs[drop:]
}

// slice returns the runs that hold the events after a position, for a page of limit
// events and bytes; false when they have been dropped. Runs never change.
func (c *recent) slice(after uint64, limit, bytes int) ([]run, bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if after+1 < c.from {
		return nil, false
	}
	low := c.holding(after + 1)
	end, size := low, 0
	for events := 0; end < len(c.runs) && events < limit && size < bytes; end++ {
		size += len(c.runs[end].records)
		events += c.runs[end].count
	}
	return append([]run(nil), c.runs[low:end]...), true
}

// holding finds the first run that ends at or after a position; mu must be held.
func (c *recent) holding(position uint64) int {
	n, _ := slices.BinarySearchFunc(c.runs, position, func(r run, p uint64) int {
		if r.first+uint64(r.count) <= p { //nolint:gosec // counts are positive
			return -1
		}
		return 1
	})
	return n
}

// get returns one event; false when it must be read from Pebble.
func (c *recent) get(position uint64) (e eventstore.Recorded, held bool, err error) {
	c.mu.RLock()
	if position < c.from || position > c.to {
		c.mu.RUnlock()
		return e, false, nil
	}
	r := c.runs[c.holding(position)]
	c.mu.RUnlock()
	rest := r.records
	for at := r.first; ; at++ {
		body, sum, next, ok := nextRecord(rest)
		if !ok {
			return e, true, damaged(at, "an event in memory cannot be read")
		}
		if rest = next; at < position {
			continue
		}
		e, reason := decode(position, append([]byte(nil), body...), sum, nil)
		if reason != "" {
			return e, true, damaged(position, reason+" in memory")
		}
		return e, true, nil
	}
}

// read appends to dst the events after a position up to last, at most limit of
// them and not many more than bytes; false when they must be read from Pebble.
func (c *recent) read(dst []eventstore.Recorded, after, last uint64, limit, bytes int) ([]eventstore.Recorded, bool, error) {
	runs, ok := c.slice(after, limit, bytes)
	if !ok {
		return dst, false, nil
	}
	for i := range runs {
		var err error
		if dst, err = runs[i].read(dst, after, last, limit); err != nil {
			return dst, true, err
		}
	}
	return dst, true, nil
}

// read appends copies of the run's events after a position up to last.
func (r *run) read(dst []eventstore.Recorded, after, last uint64, limit int) ([]eventstore.Recorded, error) {
	rest := append([]byte(nil), r.records...)
	for position := r.first; len(rest) > 0 && len(dst) < limit && position <= last; position++ {
		body, sum, next, ok := nextRecord(rest)
		if !ok {
			return dst, damaged(position, "an event in memory cannot be read")
		}
		rest = next
		if position <= after {
			continue
		}
		e, reason := decode(position, body, sum, nil)
		if reason != "" {
			return dst, damaged(position, reason+" in memory")
		}
		dst = append(dst, e)
	}
	return dst, nil
}
