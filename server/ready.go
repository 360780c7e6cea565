package server

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"accountledger/operate/fault"
)

const (
	// readyFor is how long one look at the vault stands: it writes, and anybody may ask.
	readyFor = time.Second
	// readyPatience bounds how long somebody who asks waits for a look. It goes on without them, and for knownFor they are told what
	// the one before saw.
	readyPatience = time.Second
	knownFor      = 5 * time.Second
)

// readiness remembers the last look, and shares the one under way. Close ends that.
type readiness struct {
	life context.Context // the life of looks, which outlast those who asked
	end  context.CancelFunc
	work sync.WaitGroup

	mu  sync.Mutex
	at  time.Time
	err error
	now *look // nil while there is none
}

// look is one look at log and vault.
type look struct {
	began time.Time
	at    atomic.Value  // the fault.Place that is asked
	done  chan struct{} // closed at its end
	err   error
}

func (s *Server) openReadiness(context.Context) error {
	s.ready.life, s.ready.end = context.WithCancel(context.Background())
	s.onClose(func() error {
		s.ready.mu.Lock()
		s.ready.end() // under the lock, so that no look begins after it
		s.ready.mu.Unlock()
		s.ready.work.Wait()
		return nil
	})
	return nil
}

// health is what engines know without being asked.
type health interface{ Health() error }

// healthOf is what a part's engine knows.
func healthOf(engine any) error {
	if h, ok := engine.(health); ok {
		return h.Health()
	}
	return nil
}

// check says whether the process can append and read. What keeps it from that has been noted when it returns.
func (s *Server) check(ctx context.Context) error {
	if s.draining.begun.Load() {
		return errDraining
	}
	if err := healthOf(s.store); err != nil {
		s.met(ctx, fault.Log, "readiness", err)
		return err
	}
	if err := healthOf(s.masters); err != nil {
		s.note(ctx, fault.Vault, "readiness", err)
		return err
	}
	if why := s.unfit.Load(); why != nil {
		return *why
	}
	if err := s.checkMessages(); err != nil {
		return err
	}
	l, err := s.ready.look(s.look)
	if l == nil {
		return err
	}
	patience := time.NewTimer(readyPatience - time.Since(l.began))
	defer patience.Stop()
	select {
	case <-l.done:
		return l.err
	case <-ctx.Done():
		return ctx.Err()
	case <-patience.C:
	}
	if known, err := s.ready.known(); known && time.Since(l.began) < knownFor {
		return err
	}
	where, _ := l.at.Load().(fault.Place)
	return &placed{where, &fault.SilenceError{Where: where, Since: l.began}}
}

// known is what the last look saw.
func (r *readiness) known() (known bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.at.IsZero(), r.err
}

// look gives the look under way, begun if need be, or, without one, what the last one saw a moment ago.
func (r *readiness) look(look func(context.Context, *look) error) (*look, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if age := time.Since(r.at); age >= 0 && age < readyFor {
		return nil, r.err
	}
	if r.now != nil {
		return r.now, nil
	}
	if err := r.life.Err(); err != nil {
		return nil, err
	}
	l := newLook()
	r.now = l
	r.work.Go(func() {
		l.err = look(r.life, l)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.err, r.at, r.now = l.err, time.Now(), nil
		close(l.done)
	})
	return l, nil
}

func newLook() *look {
	l := &look{began: time.Now(), done: make(chan struct{})}
	l.at.Store(fault.Vault)
	return l
}

// look asks vault and log.
func (s *Server) look(ctx context.Context, l *look) error {
	if err := s.checkVault(ctx); err != nil {
		return err
	}
	l.at.Store(fault.Log)
	_, err := s.journal.Head(ctx)
	if err != nil {
		s.met(ctx, fault.Log, "readiness", err)
	}
	return err
}

// notReady says why load balancers are to send nothing to this process; "" when it can append and read.
func (s *Server) notReady(ctx context.Context) string {
	err := s.check(ctx)
	if err == nil {
		return ""
	}
	reason := s.reasonOf(err)
	if !errors.Is(err, errDraining) && !errors.Is(err, errMessagesStuck) {
		s.log.Warn("not ready", "reason", reason)
	}
	return reason
}

// reasonOf words for operators what check found.
func (s *Server) reasonOf(err error) string {
	if errors.Is(err, errDraining) || errors.Is(err, errMessagesStuck) {
		return err.Error()
	}
	reason := fault.Of(err).String()
	if where, ok := s.placeOf(err); ok {
		reason = string(where) + ": " + reason
	}
	return reason
}

// Ready tells whether this process can append and read. Consumers that lag or stopped are named, and take nothing out of
// service.
func (s *Server) Ready(ctx context.Context) Readiness {
	ctx, cancel := context.WithTimeout(ctx, statusPatience)
	defer cancel()
	reason := s.notReady(ctx)
	r := Readiness{Ready: reason == "", Reason: reason}
	consumers, err := inTime(ctx, s.conditions)
	if err != nil {
		s.met(ctx, fault.Log, "readiness", err)
	}
	for _, c := range consumers {
		r.Consumers = append(r.Consumers, ConsumerState{Name: c.Name, State: string(c.State), Lag: c.Lag, AtLeast: c.AtLeast, Unknown: c.Unknown,
			LagSeconds: c.Seconds, Reason: c.Reason})
	}
	return r
}
