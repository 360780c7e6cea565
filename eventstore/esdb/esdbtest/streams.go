package esdbtest

import (
	"strings"
)

// span is what can be read of a stream.
type span struct {
	found, deleted bool
	first, last    int64 // first is after last when nothing is left
}

// span is what a reader that has the log up to a place sees of a stream.
func (l *log) span(name string, visible int) span {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.spanOf(name, visible)
}

func (l *log) spanOf(name string, visible int) span {
	if base, ok := strings.CutPrefix(name, "$$"); ok && l.streams[base] != nil && l.streams[base].closed {
		return span{deleted: true}
	}
	s := l.streams[name]
	switch {
	case s == nil:
		return span{last: noStream}
	case s.closed:
		return span{deleted: true}
	}
	last := int64(len(s.places)) - 1
	for last >= 0 && s.places[last] >= visible {
		last--
	}
	if last < 0 || s.meta.softly() {
		return span{last: last}
	}
	at := span{found: true, first: s.meta.Truncate, last: last}
	if s.meta.Count > 0 {
		at.first = max(at.first, last-s.meta.Count+1)
	}
	for at.first <= last && s.meta.expired(l.now, l.records[s.places[at.first]].created) {
		at.first++
	}
	return at
}

// revisions returns the events of a stream between two revisions, both included.
func (l *log) revisions(name string, from, to int64) []record {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []record
	s := l.streams[name]
	if s == nil {
		return nil
	}
	for v := max(0, from); v <= min(to, int64(len(s.places))-1); v++ {
		if r := l.records[s.places[v]]; !r.gone {
			all = append(all, r)
		}
	}
	return all
}

// scavenge removes what was truncated from streams and the server's own statistics, but not the log's last event: the chunk
// being written is never scavenged. The last event of a stream stays, unless it is one of the statistics.
func (l *log) scavenge() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range max(0, len(l.records)-1) {
		r := &l.records[i]
		s := l.streams[r.stream]
		at := l.spanOf(r.stream, len(l.records))
		last := r.revision == int64(len(s.places))-1
		switch {
		case r.revision == tombstone:
		case strings.HasPrefix(r.stream, statistics), at.deleted:
			r.gone = true
		case strings.HasPrefix(r.stream, "$$"), s.meta.softly():
			r.gone = r.gone || !last
		default:
			r.gone = r.gone || r.revision < at.first && !last
		}
	}
}
