package esdbtest

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

const (
	// firstByte is the position of the first event: other records precede it.
	firstByte = 4096
	// recordBytes is what an event takes in addition to its names and data.
	recordBytes = 120
	// noStream is the last revision of a stream without events.
	noStream = int64(-1)
	// tombstone is the revision of the event that deletes a stream permanently, and the $tb of a softly deleted stream.
	tombstone = int64(math.MaxInt64)
)

// epoch is the time of a new log. Its clock moves only when told to.
var epoch = time.Unix(1_700_000_000, 0).UTC()

// record is an event in the log.
type record struct {
	at             uint64 // the byte where it begins
	stream         string
	revision       int64
	id             uuid.UUID
	typ, content   string
	data, metadata []byte
	created        time.Time
	gone           bool // scavenged
}

func (r *record) size() uint64 {
	return uint64(recordBytes + 2*len(r.stream) + len(r.typ) + len(r.data) + len(r.metadata))
}

// stream is what the log knows about a stream.
type stream struct {
	places []int // of its events in the log, by revision; including scavenged ones
	closed bool  // has a tombstone, which is not among places
	meta   streamMetadata
}

// state is a log's content.
type state struct {
	records []record
	streams map[string]*stream
	end     uint64
	now     time.Time
}

func (s *state) clone() state {
	c := *s
	c.records, c.streams = slices.Clone(s.records), maps.Clone(s.streams)
	for name, of := range c.streams {
		copied := *of
		copied.places = slices.Clone(of.places)
		c.streams[name] = &copied
	}
	return c
}

// log is the log of a cluster, in memory.
type log struct {
	transactions bool

	mu sync.Mutex
	state
	generation uint64        // how often the log was put back
	changed    chan struct{} // closed and replaced at each change
}

func newLog(transactions bool) *log {
	return &log{
		transactions: transactions, changed: make(chan struct{}),
		state: state{streams: make(map[string]*stream), end: firstByte, now: epoch},
	}
}

// wait returns a channel that is closed at the next change.
func (l *log) wait() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// change wakes all waiters.
func (l *log) change() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.wake()
}

func (l *log) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// length is the number of events, scavenged ones included.
func (l *log) length() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.records)
}

// current is the generation of the log.
func (l *log) current() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.generation
}

// prepare is the prepare position of an event, given its commit position.
func (l *log) prepare(commit uint64) uint64 {
	if l.transactions && commit >= firstByte {
		return commit - 8
	}
	return commit
}

// clock is the current time.
func (l *log) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// positionOf is the position of a place, which may be the one after the last.
func (l *log) positionOf(place int) uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	if place < len(l.records) {
		return l.records[place].at
	}
	return l.end
}

// of returns a stream, created if there is none yet.
func (l *log) of(name string) *stream {
	s := l.streams[name]
	if s == nil {
		s = &stream{}
		l.streams[name] = s
	}
	return s
}

// put adds an event to the end of a stream.
func (l *log) put(name string, r record) *record {
	s := l.of(name)
	r.stream, r.at, r.created = name, l.end, l.now
	if r.revision != tombstone {
		r.revision = int64(len(s.places))
		s.places = append(s.places, len(l.records))
	}
	l.records = append(l.records, r)
	l.end += r.size()
	if base, ok := strings.CutPrefix(name, "$$"); ok {
		l.of(base).meta = parseMetadata(r.data)
	}
	return &l.records[len(l.records)-1]
}

var errNoBoundary = errors.New("esdbtest: no record begins there")

// find returns the place of the first event at or after a byte.
func (l *log) find(commit uint64) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i, exact := slices.BinarySearchFunc(l.records, commit, func(r record, at uint64) int {
		switch {
		case r.at < at:
			return -1
		case r.at > at:
			return 1
		}
		return 0
	})
	if !exact && commit > firstByte && commit < l.end {
		return 0, errNoBoundary
	}
	return i, nil
}

// between returns the events from one place up to but not including another, without scavenged ones.
func (l *log) between(from, to int) []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []record
	for i := max(0, from); i < min(to, len(l.records)); i++ {
		if !l.records[i].gone {
			all = append(all, l.records[i])
		}
	}
	return all
}
