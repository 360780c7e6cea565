package embedded

import (
	"sync"

	"github.com/google/uuid"
)

// tail is the end of a stream: its last append, as sequenced.
type tail struct {
	last     int64  // version of the last event, NoStream when there is none
	position uint64 // of that event
	// first is the version of the last append's first event and firstID its id;
	// first is unknownFirst when the tail was read from the index.
	first   int64
	firstID uuid.UUID
}

const unknownFirst = -2

// beats reports that the request lost a race for the stream against its last
// append, the most common conflict, which is told without reading.
func (t *tail) beats(r *request) bool {
	return t.first == r.expected+1 && t.firstID != r.firstID
}

// streamsInMemory bounds each of the two generations of streams. It is more than
// groupRequests, on which get relies.
const streamsInMemory = 64 << 10

// streams remembers the tails of the streams appended to last. It keeps two generations;
// when the younger one is full, the older one is forgotten. Only the sequencer
// looks into a tail, everyone may ask whether there is one.
type streams struct {
	mu         sync.Mutex
	young, old map[string]*tail
	generation uint64
}

// hint is a tail that a caller read from the index, outside the sequencer.
type hint struct {
	tail       *tail // nil when there is none
	generation uint64
}

func newStreams() *streams {
	return &streams{young: make(map[string]*tail), old: make(map[string]*tail)}
}

// knows reports whether a stream is in memory, and the generation as it is now.
func (s *streams) knows(stream string) (generation uint64, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known = s.young[stream]; !known {
		_, known = s.old[stream]
	}
	return s.generation, known
}

// get is a stream's tail from memory, or else from a hint that is still good: one of the
// present generation, because whatever was appended since then, or was not yet to be
// read then, is still in memory. It is nil when the index must be asked.
func (s *streams) get(stream string, h hint) *tail {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.young[stream]; t != nil {
		return t
	}
	t := s.old[stream]
	if t == nil && h.tail != nil && h.generation == s.generation {
		t = h.tail
	}
	if t != nil {
		s.set(stream, t)
	}
	return t
}

// put remembers a tail that was read from the index.
func (s *streams) put(stream string, t *tail) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set(stream, t)
}

func (s *streams) set(stream string, t *tail) {
	if len(s.young) >= streamsInMemory {
		s.old, s.young = s.young, make(map[string]*tail)
		s.generation++
	}
	s.young[stream] = t
}
