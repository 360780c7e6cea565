package view

import "sync"

// Handle is one user's hold on something that an engine has open, such as a generation. It is safe for concurrent use.
type Handle struct {
	// Release gives the hold back, once, when nobody uses it any more.
	Release func() error

	using  sync.RWMutex // held for reading while it is in use
	closed bool
}

// Use runs work; Close waits for it. Errors: ErrClosed, work's.
func (h *Handle) Use(work func() error) error {
	h.using.RLock()
	defer h.using.RUnlock()
	if h.closed {
		return ErrClosed
	}
	return work()
}

// Close waits until nobody uses the handle, and releases it. Closing it again does nothing.
func (h *Handle) Close() error {
	h.using.Lock()
	defer h.using.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	return h.Release()
}
