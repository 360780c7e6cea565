package embedded

import (
	"fmt"
	"runtime"
	"slices"
	"sync"

	"accountledger/eventstore"
)

// queue holds the appends waiting for the sequencer and the groups waiting
// for the disk. When the store fails, all of them are answered.
type queue struct {
	mu      sync.Mutex
	waiting []*request
	wake    chan struct{}    // capacity 1
	held    []*request       // taken by the sequencer, not in a group yet
	groups  []*group         // written, not completed
	cause   error            // of the failure
	failed  chan struct{}    // closed by the failure
	ended   bool             // no more appends: Close has begun
	fence   eventstore.Fence // no more appends: the log is fenced

	publishing int             // groups completed and not yet readable
	quiet      []chan struct{} // waiting until nothing is under way
}

func newQueue() *queue {
	return &queue{wake: make(chan struct{}, 1), failed: make(chan struct{})}
}

// put adds a request, unless the store takes no appends: ErrReadOnly, ErrClosed, ErrFenced.
func (q *queue) put(r *request) error {
	q.mu.Lock()
	if err := q.refused(); err != nil {
		q.mu.Unlock()
		return err
	}
	first := len(q.waiting) == 0
	q.waiting = append(q.waiting, r)
	q.mu.Unlock()
	if first {
		q.ring()
	}
	return nil
}

func (q *queue) refused() error {
	switch {
	case q.cause != nil:
		return fmt.Errorf("%w: %w", eventstore.ErrReadOnly, q.cause)
	case q.ended:
		return eventstore.ErrClosed
	case !q.fence.IsZero():
		return eventstore.ErrFenced
	}
	return nil
}

// refusal is the error that put would give.
func (q *queue) refusal() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.refused()
}

// failure is the cause of the store's failure, nil while it works.
func (q *queue) failure() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.cause
}

func (q *queue) ring() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// get takes all waiting requests, adds them behind those in hand, and gives the queue spare memory for the
// next. If there is nothing in either, it waits; false at the end.
func (q *queue) get(inHand, spare []*request) ([]*request, bool) {
	for {
		q.mu.Lock()
		stop := q.cause != nil
		if !stop && len(q.waiting)+len(inHand) > 0 {
			got := q.waiting
			if len(inHand) > 0 {
				got = append(inHand, got...)
			}
			q.waiting, q.held = spare[:0], got
			q.mu.Unlock()
			return got, true
		}
		stop = stop || q.ended
		q.mu.Unlock()
		if stop {
			return nil, false
		}
		<-q.wake
		// Callers answered together come back together: let the others in too, so
		// that one fsync serves them all.
		runtime.Gosched()
	}
}

// close takes no more appends and wakes the sequencer, which ends when it has done what is waiting.
func (q *queue) close() {
	q.mu.Lock()
	q.ended = true
	q.mu.Unlock()
	q.ring()
}

// begin counts a group as handed to the disk and leaves the rest in the
// sequencer's hands; false when the store has failed, and then nothing may be written.
func (q *queue) begin(g *group, rest []*request) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cause != nil {
		return false
	}
	q.groups = append(q.groups, g)
	q.held = rest
	return true
}

// complete removes the oldest group from the list; false when the store has failed in the
// meantime, so that its callers have already been answered.
func (q *queue) complete(g *group) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.cause != nil {
		return false
	}
	if len(q.groups) == 0 || q.groups[0] != g {
		panic("embedded: groups completed out of order")
	}
	q.groups = append(q.groups[:0], q.groups[1:]...)
	q.publishing++
	return true
}

// published ends what complete began: readers see the group.
func (q *queue) published() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.publishing--
	if !q.underWay() {
		for _, c := range q.quiet {
			close(c)
		}
		q.quiet = nil
	}
}

func (q *queue) underWay() bool {
	return len(q.waiting)+len(q.held)+len(q.groups)+q.publishing > 0
}

// setFence lets appends in or keeps them out. The channel is closed when no earlier append is under way.
func (q *queue) setFence(f eventstore.Fence) (quiet <-chan struct{}) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.fence = f
	c := make(chan struct{})
	if q.underWay() {
		q.quiet = append(q.quiet, c)
	} else {
		close(c)
	}
	return c
}

// fenced is the fence that is set.
func (q *queue) fenced() eventstore.Fence {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.fence
}

// fail stops the queue for good and returns the requests to answer; false when it had failed before.
func (q *queue) fail(cause error) (unwritten []*request, groups []*group, first bool) {
	q.mu.Lock()
	if q.cause != nil {
		q.mu.Unlock()
		return nil, nil, false
	}
	q.cause = cause
	unwritten, groups = slices.Concat(q.held, q.waiting), q.groups
	q.held, q.waiting, q.groups = nil, nil, nil
	close(q.failed)
	q.mu.Unlock()
	q.ring()
	return unwritten, groups, true
}
