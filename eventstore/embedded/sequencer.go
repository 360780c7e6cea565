package embedded

import (
	"fmt"
	"slices"
	"time"

	"github.com/cockroachdb/pebble/v2"
)

const (
	// groupBytes bounds a group, so that it fits into Pebble's memory table and
	// no caller waits long for the events of others.
	groupBytes = 4 << 20
	// groupRequests does the same for small events.
	groupRequests = 16 << 10
	// retainBytes is how much memory a group's batch keeps for the next one.
	retainBytes = 1 << 20
)

// sequencer decides the order of the log. It belongs to one goroutine.
type sequencer struct {
	*Store
	next     uint64     // position of the next event
	inHand   []*request // taken, not in a group yet
	spare    []*request // memory for the queue
	deferred []*request // need the group under construction to be applied first
	pending  pendingChunk
}

// run gathers groups until the store is closed or fails. A failure answers all requests, including those in
// the sequencer's hands, so there is nothing to do about it here.
func (q *sequencer) run() {
	defer q.idle.Done()
	defer close(q.commits)
	for {
		select {
		case q.slots <- struct{}{}:
		case <-q.queue.failed:
			return
		}
		hand, ok := q.queue.get(q.inHand, q.spare)
		if !ok {
			return
		}
		if w := q.windows.rotate(); w != nil {
			// Everything in the window has been handed to Pebble, and nothing of the next group.
			q.idle.Add(1)
			go q.index(w, q.next-1)
		}
		g, done := q.gather(hand)
		q.inHand = slices.Concat(q.deferred, hand[done:])
		if !q.queue.begin(g, q.inHand) {
			return
		}
		clear(hand)
		q.spare, q.deferred = hand, q.deferred[:0]
		if g.batch != nil {
			g.handed = time.Now()
			if err := q.db.ApplyNoSyncWait(g.batch, pebble.Sync); err != nil {
				q.fail(fmt.Errorf("embedded: write: %w", err))
				return
			}
		}
		q.commits <- g
	}
}

// gather builds the next group and returns how many of the requests in hand are done.
func (q *sequencer) gather(hand []*request) (g *group, done int) {
	g = &group{first: q.next, answers: make([]answer, 0, len(hand))}
	size := 0
	for _, r := range hand {
		if done == groupRequests || (size > 0 && size+len(r.records) > groupBytes) {
			break
		}
		done++
		r.take()
		if r.state.Load() != taken {
			continue // its caller has left
		}
		if q.decide(g, r) {
			size += len(r.records)
		}
	}
	if g.batch != nil {
		q.pending.flush(g.batch)
	}
	return g, done
}

// decide gives a request its place or its answer; true when it was appended.
func (q *sequencer) decide(g *group, r *request) bool {
	s, err := q.find(r)
	if err != nil {
		r.answer(outcome{err: err})
		return false
	}
	switch t := &s.tail; {
	case r.expected == t.last:
		q.place(g, r, s)
		return true
	case r.expected > t.last || t.beats(r):
		q.conflict(g, r, t)
	case t.position >= g.first:
		q.deferred = append(q.deferred, r) // the append it may repeat is not readable yet
	default:
		q.decideRepeat(g, r, t)
	}
	return false
}

// find returns the request's stream as sequenced, durable or not.
func (q *sequencer) find(r *request) (*stream, error) {
	if s := q.windows.get(r.stream, r.hint); s != nil {
		return s, nil
	}
	t, err := q.readTail(r.stream)
	if err != nil {
		return nil, err
	}
	return q.windows.put(r.stream, *t), nil
}

func (q *sequencer) conflict(g *group, r *request, t *tail) {
	g.answers = append(g.answers, answer{request: r, kind: isConflict, version: t.last})
}

// decideRepeat tells a repeated append from a conflict.
func (q *sequencer) decideRepeat(g *group, r *request, t *tail) {
	at, same, err := q.isRepeat(r)
	switch {
	case err != nil:
		r.answer(outcome{err: err})
	case same:
		last := r.expected + int64(r.count)
		g.answers = append(g.answers, answer{request: r, kind: isRepeat, version: last, at: at})
	default:
		q.conflict(g, r, t)
	}
}

// place adds a request's events to the group.
func (q *sequencer) place(g *group, r *request, s *stream) {
	if g.batch == nil {
		g.batch = q.db.NewBatch(pebble.WithMaxRetainedSizeBytes(retainBytes))
	}
	first, version := q.next, r.expected+1
	records := r.records
	for range r.count {
		body, sum, rest, ok := nextRecord(records)
		if !ok {
			panic("embedded: own record cannot be read")
		}
		seal(q.next, body, sum)
		q.pending.add(g.batch, q.next, records[:len(records)-len(rest)])
		g.last = head{q.next, recordID(body)}
		records = rest
		q.next++
	}
	q.windows.add(s, span{version, first, int64(r.count)}, r.firstID)
	g.answers = append(g.answers, answer{request: r, version: s.tail.last, at: g.last.position})
	g.runs = append(g.runs, run{first, r.count, r.records})
}

// pendingChunk gathers records until a chunk is full.
type pendingChunk struct {
	first   uint64
	count   int
	records []byte
}

func (p *pendingChunk) add(b *pebble.Batch, position uint64, record []byte) {
	if p.count == 0 {
		p.first = position
	}
	p.count++
	p.records = append(p.records, record...)
	if len(p.records) >= chunkBytes {
		p.flush(b)
	}
}

func (p *pendingChunk) flush(b *pebble.Batch) {
	if p.count == 0 {
		return
	}
	op := b.SetDeferred(logKeySize, chunkSize(p.count, p.records))
	appendLogKey(op.Key[:0], p.first)
	putChunk(op.Value, p.count, p.records)
	_ = op.Finish() // nil for a batch without an index
	p.count, p.records = 0, p.records[:0]
}
