package embedded

import "sync"

// signal wakes everyone waiting for the head to move.
type signal struct {
	mu    sync.Mutex
	next  chan struct{}
	asked bool
}

func newSignal() *signal { return &signal{next: make(chan struct{})} }

// wait returns a channel that is closed when the signal next fires. Call it before
// checking whether there is anything to wait for.
func (s *signal) wait() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = true
	return s.next
}

func (s *signal) fire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.asked {
		return
	}
	close(s.next)
	s.next, s.asked = make(chan struct{}), false
}
