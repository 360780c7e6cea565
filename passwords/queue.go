package passwords

import (
	"context"
	"sync"
	"time"
)

// queue hands out workers by turns. See Turn.
type queue struct {
	most int           // that wait in a class
	long time.Duration // nobody begins to wait who would have to for longer
	took func() time.Duration

	mu      sync.Mutex
	workers int
	free    int
	lines   [classes]line
	next    int // the class whose turn it is
	waiting int
}

// line is a class.
type line struct {
	flows   map[string]*flow
	ring    []*flow // those with somebody waiting, in the order of their turns
	waiting int
}

// flow is who waits of one flow, the first first.
type flow struct {
	name string
	all  []*waiter
	n    int // of them that have not left
}

// waiter is one caller that waits.
type waiter struct {
	turn  chan struct{} // closed when it is its turn
	given bool
	left  bool
}

func newQueue(workers, most int, long time.Duration, took func() time.Duration) *queue {
	q := &queue{most: most, long: long, took: took, workers: workers, free: workers}
	for i := range q.lines {
		q.lines[i].flows = map[string]*flow{}
	}
	return q
}

// enter waits for a worker, which leave gives back. Errors: *BusyError and the context's error while waiting.
func (q *queue) enter(ctx context.Context, t Turn) error {
	q.mu.Lock()
	if q.free > 0 {
		q.free--
		q.mu.Unlock()
		return nil
	}
	l := &q.lines[t.Class]
	if wait := q.expected(l, t.Flow); l.waiting >= q.most || wait > q.long {
		q.mu.Unlock()
		return &BusyError{RetryAfter: max(time.Second, wait.Round(time.Second))}
	}
	w := l.add(t.Flow)
	q.waiting++
	q.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		return q.abandon(ctx, l, t.Flow, w)
	}
}

// abandon lets a waiter leave, unless its turn has come meanwhile: then the worker goes to the next one.
func (q *queue) abandon(ctx context.Context, l *line, name string, w *waiter) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if w.given {
		q.pass()
		return ctx.Err()
	}
	w.left = true
	q.waiting--
	l.waiting--
	l.flows[name].n--
	return ctx.Err()
}

// leave gives a worker back.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.pass()
}

// pass hands a worker to whose turn it is. The caller holds mu.
func (q *queue) pass() {
	for range classes {
		l := &q.lines[q.next]
		q.next = (q.next + 1) % classes
		if w := l.pop(); w != nil {
			w.given = true
			l.waiting--
			q.waiting--
			close(w.turn)
			return
		}
	}
	q.free++
}

// expected is how long one more of a flow would wait: as many are served before it as have a turn until it is its own, and no more than
// wait at all.
func (q *queue) expected(l *line, name string) time.Duration {
	active := 0
	for i := range q.lines {
		if other := &q.lines[i]; other.waiting > 0 || other == l {
			active++
		}
	}
	flows, mine := len(l.flows), 0
	if f := l.flows[name]; f == nil {
		flows++
	} else {
		mine = f.n
	}
	before := min(q.waiting, (mine+1)*min(flows, l.waiting+1)*active)
	return time.Duration(before/q.workers+1) * q.took()
}

func (l *line) add(name string) *waiter {
	f := l.flows[name]
	if f == nil {
		f = &flow{name: name}
		l.flows[name] = f
		l.ring = append(l.ring, f)
	}
	w := &waiter{turn: make(chan struct{})}
	f.all = append(f.all, w)
	f.n++
	l.waiting++
	return w
}

// pop takes the first waiter of the flow whose turn it is; nil if nobody waits.
func (l *line) pop() *waiter {
	for len(l.ring) > 0 {
		f := l.ring[0]
		l.ring[0], l.ring = nil, l.ring[1:]
		var w *waiter
		for w == nil && len(f.all) > 0 {
			if first := f.all[0]; !first.left {
				w = first
				f.n--
			}
			f.all[0], f.all = nil, f.all[1:]
		}
		if f.n > 0 {
			l.ring = append(l.ring, f)
		} else {
			delete(l.flows, f.name)
		}
		if w != nil {
			return w
		}
	}
	return nil
}

// load is how many compute and how many wait.
func (q *queue) load() (computing, waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.workers - q.free, q.waiting
}
