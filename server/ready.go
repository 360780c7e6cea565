package server

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/server/fault"
)

// readyFor is how long one look at the vault stands: it writes, and anybody may ask.
const readyFor = time.Second

// readiness remembers the last look.
type readiness struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// check says whether the process can append and read. What keeps it from that has been noted when it returns.
func (s *Server) check(ctx context.Context) error {
	if s.draining.begun.Load() {
		return errDraining
	}
	if store, ok := s.store.(interface{ Health() error }); ok { // an engine of this process knows without being asked
		if err := store.Health(); err != nil {
			s.met(ctx, fault.Log, "readiness", err)
			return err
		}
	}
	if err := s.checkMessages(); err != nil {
		return err
	}
	s.ready.mu.Lock()
	defer s.ready.mu.Unlock()
	if age := time.Since(s.ready.at); age >= 0 && age < readyFor {
		return s.ready.err
	}
	err := s.checkVault(ctx)
	if err == nil {
		if _, err = s.journal.Head(ctx); err != nil {
			s.met(ctx, fault.Log, "readiness", err)
		}
	}
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) { // whoever asked has left, which tells nothing to those who ask next
		return err
	}
	s.ready.err, s.ready.at = err, time.Now()
	return err
}

// notReady says why load balancers are to send nothing to this process; "" when it can append and read.
func (s *Server) notReady(ctx context.Context) string {
	err := s.check(ctx)
	if err == nil {
		return ""
	}
	if errors.Is(err, errDraining) || errors.Is(err, errMessagesStuck) {
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
		s.met(ctx, fault.Log, "readiness", err)
	}
	for _, c := range consumers {
		r.Consumers = append(r.Consumers, ConsumerState{Name: c.Name, State: string(c.State), Lag: c.Lag, AtLeast: c.AtLeast, Unknown: c.Unknown, LagSeconds: c.Seconds, Reason: c.Reason})
	}
	return r
}
