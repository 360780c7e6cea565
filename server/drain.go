package server

import (
	"errors"
	"net/http"
	"sync/atomic"
	"time"
)

// errDraining is why a server that drains is not ready.
var errDraining = errors.New("the server is stopping")

// draining is the time between the request to stop and the stop: the server reports that it is not ready and serves on, so that
// clients notice before they are refused.
type draining struct {
	begun atomic.Bool
	hurry chan struct{}
}

func newDraining() draining { return draining{hurry: make(chan struct{}, 1)} }

// EndDrain ends the drain of a stop now, or does away with it if it has not begun. Requests under way are finished all the same.
func (s *Server) EndDrain() {
	select {
	case s.draining.hurry <- struct{}{}:
	default:
	}
}

// linger drains, unless something fails meanwhile.
func (s *Server) linger(failed <-chan struct{}) {
	s.draining.begun.Store(true)
	if s.cfg.HTTPDrain == 0 {
		return
	}
	s.log.Info("draining: not ready any more, and serving on; a second signal ends it", "for", s.cfg.HTTPDrain.String())
	over := time.NewTimer(s.cfg.HTTPDrain)
	defer over.Stop()
	select {
	case <-over.C:
	case <-s.draining.hurry:
	case <-failed:
	}
}

// handler asks clients to come back on another connection while the server drains: a proxy then finds another server.
func (d *draining) handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.begun.Load() {
			w.Header().Set("Connection", "close")
		}
		next.ServeHTTP(w, r)
	})
}
