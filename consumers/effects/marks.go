package effects

import (
	"container/list"
	"sync"
	"time"

	"accountledger/journal"
)

// marks knows how far the log has been read, and which jobs have not ended. Reading continues while jobs wait; the
// checkpoint stays before the oldest of them.
type marks struct {
	mu   sync.Mutex
	read journal.Checkpoint
	open list.List // of *mark, in the order of the log
}

// mark is one job that has not ended.
type mark struct {
	before journal.Checkpoint
	at     time.Time // of the event
	entry  *list.Element
}

// reset starts again at a checkpoint. Jobs that have not ended continue, but no longer hold the checkpoint back.
func (m *marks) reset(at journal.Checkpoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read = at
	for e := m.open.Front(); e != nil; e = m.open.Front() {
		e.Value.(*mark).entry = nil // the list holds nothing else
		m.open.Remove(e)
	}
}

// passed reports whether the event at a position has been read already.
func (m *marks) passed(p journal.Position) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return p.Compare(m.read.Position) <= 0
}

// advance moves the position that was read to, never back.
func (m *marks) advance(to journal.Checkpoint) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.move(to)
}

func (m *marks) move(to journal.Checkpoint) {
	if to.Position.Compare(m.read.Position) > 0 {
		m.read = to
	}
}

// begin marks the job of an event and moves past the event.
func (m *marks) begin(event journal.Checkpoint, at time.Time) *mark {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := &mark{before: m.read, at: at}
	k.entry = m.open.PushBack(k)
	m.move(event)
	return k
}

// end removes the mark of a job that has ended.
func (m *marks) end(k *mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k.entry != nil { // it is nil after a reset
		m.open.Remove(k.entry)
	}
}

// checkpoint is where a restart must continue reading.
func (m *marks) checkpoint() journal.Checkpoint {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first := m.open.Front(); first != nil {
		return first.Value.(*mark).before // the list holds nothing else
	}
	return m.read
}

// pending is how many jobs have not ended, and the time of the oldest one's event.
func (m *marks) pending() (n int, oldest time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if first := m.open.Front(); first != nil {
		oldest = first.Value.(*mark).at // the list holds nothing else
	}
	return m.open.Len(), oldest
}
