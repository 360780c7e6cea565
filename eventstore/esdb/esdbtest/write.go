package esdbtest

import (
	"github.com/google/uuid"
)

// Expected revisions that are not numbers.
const (
	expectAny    int64 = -2
	expectExists int64 = -4
)

// decision is the log's answer to an append.
type decision int

const (
	accepted decision = iota
	repeated
	refused // the revision is not the expected one
	gone    // the stream is deleted
)

// outcome is what an append did.
type outcome struct {
	decision
	revision int64  // of the last event, or the current one if refused
	at       uint64 // of the last event; 0 when there is none
}

// write appends events at an expected revision, as a real server does: an event's id is looked for only where the event would
// be, or in the whole stream if any revision is accepted.
func (l *log) write(name string, expected int64, events []record) outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := len(l.records)
	if l.spanOf(name, all).deleted {
		return outcome{decision: gone}
	}
	s := l.of(name)
	last := int64(len(s.places)) - 1
	no := outcome{decision: refused, revision: last}
	switch {
	case expected == expectExists && s.meta.softly():
		return outcome{decision: gone}
	case expected == expectExists && last == noStream && len(l.of("$$"+name).places) == 0:
		return no
	case expected == expectAny || expected == expectExists:
		if first := l.revisionOf(s, events); first >= 0 {
			return l.again(s, first, events, no)
		}
	case expected < last:
		if o := l.again(s, expected+1, events, no); o.decision == repeated || !l.revived(s, expected, events) {
			return o
		}
	case expected > last:
		return no
	}
	return l.add(name, s, events)
}

func (l *log) add(name string, s *stream, events []record) outcome {
	o := outcome{revision: int64(len(s.places)) - 1}
	softly, first := s.meta.softly(), int64(len(s.places))
	for _, e := range events {
		r := l.put(name, e)
		o.revision, o.at = r.revision, r.at
	}
	if softly {
		l.put("$$"+name, metadataRecord(s.meta.with("$tb", first)))
	}
	l.wake()
	return o
}

// revisionOf is the revision of the first of some events, or negative if the stream does not have it.
func (l *log) revisionOf(s *stream, events []record) int64 {
	if len(events) == 0 {
		return noStream
	}
	for v := len(s.places) - 1; v >= 0; v-- {
		if l.has(s, int64(v), events[0].id) {
			return int64(v)
		}
	}
	return noStream
}

func (l *log) has(s *stream, revision int64, id uuid.UUID) bool {
	if revision >= int64(len(s.places)) {
		return false
	}
	r := &l.records[s.places[revision]]
	return !r.gone && r.id == id
}

// again answers a repeat, whose first event should be at a revision.
func (l *log) again(s *stream, first int64, events []record, no outcome) outcome {
	for i, e := range events {
		if !l.has(s, first+int64(i), e.id) {
			return no
		}
	}
	last := first + int64(len(events)) - 1
	if last < 0 {
		return no
	}
	return outcome{repeated, last, l.records[s.places[last]].at}
}

// revived reports whether events begin a softly deleted stream again: no stream is expected, and there seems to be none.
func (l *log) revived(s *stream, expected int64, events []record) bool {
	return expected == noStream && s.meta.softly() && len(events) > 0 && !l.has(s, 0, events[0].id)
}

// remove deletes a stream, softly or permanently.
func (l *log) remove(name string, expected int64, forGood bool) outcome {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.spanOf(name, len(l.records)).deleted {
		return outcome{decision: gone}
	}
	s := l.of(name)
	last := int64(len(s.places)) - 1
	if expected >= noStream && expected != last || expected == expectExists && last == noStream {
		return outcome{decision: refused, revision: last}
	}
	var r *record
	if forGood {
		s.closed = true
		r = l.put(name, record{revision: tombstone, id: uuid.New(), typ: "$streamDeleted"})
	} else {
		r = l.put("$$"+name, metadataRecord(s.meta.with("$tb", tombstone)))
	}
	l.wake()
	return outcome{revision: last, at: r.at}
}
