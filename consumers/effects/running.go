package effects

import (
	"sync"

	"accountledger/domain"
)

// running holds the running jobs by their events.
type running struct {
	mu sync.Mutex
	by map[domain.EventID]*work
}

func (r *running) add(w *work) {
	w.done = make(chan struct{})
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by[w.cause.ID] = w
}

func (r *running) remove(w *work) {
	r.mu.Lock()
	delete(r.by, w.cause.ID)
	r.mu.Unlock()
	close(w.done)
}

func (r *running) find(cause domain.EventID) *work {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[cause]
}

// ended waits until the job of an event has ended, if there is one; false means that the runtime stopped first.
func (r *Runtime) ended(cause domain.EventID) bool {
	w := r.running.find(cause)
	if w == nil {
		return true
	}
	select {
	case <-w.done:
	case <-r.waiting.Done():
		return false
	}
	return r.waiting.Err() == nil
}
