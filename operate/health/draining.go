package health

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// errDraining is why a process that drains is not ready.
var errDraining = errors.New("the server is stopping")

// Draining is the time between the request to stop and the stop: the process reports that it is not ready and serves on, so that
// clients notice before they are refused.
type Draining struct {
	begun atomic.Bool
	hurry chan struct{}
}

// NewDraining is one that has not begun.
func NewDraining() *Draining { return &Draining{hurry: make(chan struct{}, 1)} }

// End ends the drain of a stop now, or does away with it if it has not begun. Requests under way are finished all the same.
func (d *Draining) End() {
	select {
	case d.hurry <- struct{}{}:
	default:
	}
}

// Begin has the process report that it is not ready.
func (d *Draining) Begin() { d.begun.Store(true) }

// Linger drains for a time, unless something fails meanwhile.
func (d *Draining) Linger(long time.Duration, failed <-chan struct{}) {
	over := time.NewTimer(long)
	defer over.Stop()
	select {
	case <-over.C:
	case <-d.hurry:
	case <-failed:
	}
}

// Handler asks clients to come back on another connection while the process drains: a proxy then finds another one.
func (d *Draining) Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.begun.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
