package embedded

import (
	"slices"
	"sync"

	"github.com/google/uuid"

	"accountledger/eventstore"
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

// beats reports that the request lost a race for the stream to its last
// append, the most common conflict; that takes no read.
func (t *tail) beats(r *request) bool {
	return t.first == r.expected+1 && t.firstID != r.firstID
}

// windowEvents bounds the events of a window, per append: they are
// read again after a crash.
const windowEvents = 4

// stream is what is in memory about a stream: its end, and the appends that Pebble's index does
// not have yet, in order.
type stream struct {
	tail  tail
	spans []span
}

// window holds the streams appended to in one stretch of the log.
type window struct {
	streams       map[string]*stream
	spans, events int
	// ends are versions from which Pebble was seen to have nothing, of streams that had nothing in memory then.
	ends map[string]int64
}

func newWindow() *window {
	return &window{streams: make(map[string]*stream), ends: make(map[string]int64)}
}

// full reports that the window is at its limit of appends or streams.
func (w *window) full(limit int) bool {
	return len(w.streams) >= limit || w.spans >= limit || w.events >= windowEvents*limit
}

// windows keep the newest part of the stream index in memory and write it to Pebble in
// large sorted pieces: one entry for many appends costs far less than one for each.
// What is not written when the process ends is rebuilt from the log.
//
// The young window takes new appends. When it is full it becomes the old one and is
// written; after that it only remembers the ends of streams, until the next one replaces it.
type windows struct {
	limit      int // of appends, for each
	mu         sync.Mutex
	young, old *window
	generation uint64
	writing    bool // old is not in Pebble yet
}

// hint is a tail that a caller read from Pebble's index, outside the sequencer.
type hint struct {
	tail       *tail // nil when there is none
	generation uint64
}

func newWindows(limit int) *windows {
	return &windows{limit: limit, young: newWindow(), old: newWindow()}
}

// knows reports whether a stream is in memory, and the current generation.
func (w *windows) knows(name string) (generation uint64, known bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, known = w.young.streams[name]; !known {
		_, known = w.old.streams[name]
	}
	return w.generation, known
}

// get returns a stream from memory, or else from a hint of the current generation: whatever was
// appended since it was read is still in memory, and whatever left memory before is
// in Pebble. It is nil when Pebble must be asked. Only the sequencer may call it and use the result.
func (w *windows) get(name string, h hint) *stream {
	w.mu.Lock()
	defer w.mu.Unlock()
	if s := w.young.streams[name]; s != nil {
		return s
	}
	if s := w.old.streams[name]; s != nil {
		return w.set(name, s.tail)
	}
	if h.tail != nil && h.generation == w.generation {
		return w.set(name, *h.tail)
	}
	return nil
}

// put remembers the end of a stream read from Pebble.
func (w *windows) put(name string, t tail) *stream {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.set(name, t)
}

func (w *windows) set(name string, t tail) *stream {
	s := &stream{tail: t}
	w.young.streams[name] = s
	return s
}

// add takes an append to a stream that get or put returned.
func (w *windows) add(s *stream, at span, firstID uuid.UUID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s.tail = tail{last: at.last(), position: at.end() - 1, first: at.version, firstID: firstID}
	s.spans = append(s.spans, at)
	w.young.spans++
	w.young.events += int(at.count)
}

// rotate starts a new window when the young one is full and returns the full one to be
// written; nil when there is nothing to do.
func (w *windows) rotate() *window {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.writing || !w.young.full(w.limit) {
		return nil
	}
	w.old, w.young, w.writing = w.young, newWindow(), true
	w.generation++
	return w.old
}

// written records that the old window is in Pebble.
func (w *windows) written() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.writing = false
}

// inMemory is what memory has of a stream, seen at one moment: Pebble has whatever comes before it.
type inMemory struct {
	spans []span // in the direction of reading
	first int64  // version in memory, noSpans when there is none
	// ended: there is nothing in memory, and Pebble has nothing from the version that was asked for.
	ended      bool
	generation uint64 // for windows.ended
}

// read returns up to limit of a stream's appends in memory, in the direction of reading from the one
// that holds version `from`.
func (w *windows) read(name string, d eventstore.Direction, from int64, limit int) inMemory {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := inMemory{first: noSpans, generation: w.generation}
	var all [2][]span
	for i, win := range []*window{w.old, w.young} {
		if s := win.streams[name]; s != nil {
			all[i] = s.spans
		}
	}
	for i := len(all) - 1; i >= 0; i-- {
		if len(all[i]) > 0 {
			found.first = all[i][0].version
		}
	}
	switch {
	case found.first == noSpans:
		found.ended = d == eventstore.Forwards && w.hasEnded(name, from)
	case d == eventstore.Forwards:
		for _, spans := range all {
			n := holding(spans, from)
			found.spans = append(found.spans, spans[n:min(len(spans), n+limit-len(found.spans))]...)
		}
	default:
		for i := len(all) - 1; i >= 0; i-- {
			found.spans = appendBackwards(found.spans, all[i], from, limit)
		}
	}
	return found
}

// appendBackwards appends to dst, up to limit, the spans from the one that holds version `from` to the first.
func appendBackwards(dst, spans []span, from int64, limit int) []span {
	n := len(spans)
	if from != eventstore.End {
		if n = holding(spans, from); n < len(spans) && spans[n].version <= from {
			n++
		}
	}
	for ; n > 0 && len(dst) < limit; n-- {
		dst = append(dst, spans[n-1])
	}
	return dst
}

// hasEnded reports whether a stream that has nothing in memory has nothing from a version on, without asking Pebble: most
// reads go on from what is known and find nothing. Whatever was appended since that was seen is in memory, because an end
// that is not asked for during a whole window is forgotten with it.
func (w *windows) hasEnded(name string, from int64) bool {
	end, ok := w.young.ends[name]
	if !ok {
		if end, ok = w.old.ends[name]; ok {
			w.remember(name, end)
		}
	}
	return ok && from >= end
}

// ended notes that Pebble has nothing of a stream from a version on. The generation is of the moment when there was nothing in
// memory either, before Pebble was asked: what was appended since is in this window, which outlives the note.
func (w *windows) ended(name string, from int64, generation uint64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if generation == w.generation {
		w.remember(name, from)
	}
}

// remember notes the end of a stream; when there are too many, another one's is forgotten.
func (w *windows) remember(name string, end int64) {
	if _, ok := w.young.ends[name]; !ok && len(w.young.ends) >= w.limit {
		for other := range w.young.ends {
			delete(w.young.ends, other)
			break
		}
	}
	w.young.ends[name] = end
}

// noSpans is the first version in memory of a stream that has none there.
const noSpans = int64(^uint64(0) >> 1)

// holding finds the first span that ends at or after a version.
func holding(spans []span, version int64) int {
	n, _ := slices.BinarySearchFunc(spans, version, func(s span, v int64) int {
		if s.last() < v {
			return -1
		}
		return 1
	})
	return n
}
