package server

import (
	"context"
	"errors"
	"sync"
	"time"
)

// readyFor is how long one look at the vault stands: it writes, and anybody may ask.
const readyFor = time.Second

// readiness remembers the last look.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// check says whether the process can append and read.
func (s *Server) check(ctx context.Context) error {
	if s.draining.begun.Load() {
		return errDraining
	}
	if store, ok := s.store.(interface{ Health() error }); ok { // an engine of this process knows without being asked
		if err := store.Health(); err != nil {
			return err
		}
	}
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	if age := time.Since(s.ready.at); age >= 0 && age < readyFor {
		return s.ready.err
	}
	s.ready.err = s.vault.Ping(ctx)
	if s.ready.err == nil {
		_, s.ready.err = s.journal.Head(ctx)
	}
	s.ready.at = time.Now()
	return s.ready.err
}

// notReady says why load balancers are to send nothing to this process; "" when it can append and read.
func (s *Server) notReady(ctx context.Context) string {
	err := s.check(ctx)
	if err == nil {
		return ""
	}
	if errors.Is(err, errDraining) {
		return err.Error()
	}
	s.log.Warn("not ready", "error", err.Error())
	return "the log or the vault cannot be written or read now"
}

// Ready tells whether this process can append and read. Consumers that lag or stopped are named, and take nothing out of
// service.
func (s *Server) Ready(ctx context.Context) Readiness {
	reason := s.notReady(ctx)
	r := Readiness{Ready: reason == "", Reason: reason}
	consumers, err := s.conditions(ctx)
	if err != nil {
		return r
	}
	for _, c := range consumers {
		r.Consumers = append(r.Consumers, ConsumerState{Name: c.Name, State: string(c.State), Lag: c.Lag, Unit: c.Unit, LagSeconds: c.Seconds, Reason: c.Reason})
	}
	return r
}
