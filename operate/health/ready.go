package health

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"accountledger/operate"
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

// looks remembers the last look, and shares the one under way.
type looks struct {
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
	at    atomic.Value  // the fault.Area that is asked
	done  chan struct{} // closed at its end
	err   error
}

// knowing is what engines know without being asked.
type knowing interface{ Health() error }

// Of is what a part's engine knows.
func Of(engine any) error {
	if h, ok := engine.(knowing); ok {
		return h.Health()
	}
	return nil
}

// Check says whether the process can append and read. What keeps it from that has been noted when it returns.
func (p *Process) Check(ctx context.Context) error {
	if p.Draining.begun.Load() {
		return errDraining
	}
	ledger := p.Ledger()
	if err := Of(ledger.Log); err != nil {
		p.Desk.Met(ctx, fault.Log, "readiness", err)
		return err
	}
	if err := Of(ledger.Masters); err != nil {
		p.Desk.Take(ctx, fault.Vault, "readiness", err)
		return err
	}
	if err := p.Unfit(); err != nil {
		return err
	}
	if err := p.checkMessages(ledger); err != nil {
		return err
	}
	l, err := p.looks.look(p.look)
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
	if known, err := p.looks.known(); known && time.Since(l.began) < knownFor {
		return err
	}
	where, _ := l.at.Load().(fault.Area)
	return fault.In(where, &fault.SilenceError{Where: where, Since: l.began})
}

// known is what the last look saw.
func (r *looks) known() (known bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.at.IsZero(), r.err
}

// look gives the look under way, begun if need be, or, without one, what the last one saw a moment ago.
func (r *looks) look(look func(context.Context, *look) error) (*look, error) {
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
func (p *Process) look(ctx context.Context, l *look) error {
	if err := p.checkVault(ctx); err != nil {
		return err
	}
	l.at.Store(fault.Log)
	_, err := p.Ledger().Journal.Head(ctx)
	if err != nil {
		p.Desk.Met(ctx, fault.Log, "readiness", err)
	}
	return err
}

// NotReady says why load balancers are to send nothing to this process; "" when it can append and read.
func (p *Process) NotReady(ctx context.Context) string {
	err := p.Check(ctx)
	if err == nil {
		return ""
	}
	reason := p.reason(err)
	if !errors.Is(err, errDraining) && !errors.Is(err, errMessagesStuck) {
		p.Log.Warn("not ready", "reason", reason)
	}
	return reason
}

// reason words for operators what Check found.
func (p *Process) reason(err error) string {
	if errors.Is(err, errDraining) || errors.Is(err, errMessagesStuck) {
		return err.Error()
	}
	return p.Desk.Reason(err)
}

// errMessagesStuck: a person who signs up here would wait for a code that does not come.
var errMessagesStuck = errors.New("messages are stuck before an event: accountledger status names it")

// checkMessages says whether what this process sends of messages is stuck in the log. A mail server that is away is no such thing:
// then messages are sent later.
func (p *Process) checkMessages(l *operate.Ledger) error {
	if l.Runner == nil {
		return nil
	}
	for _, name := range p.Senders() {
		if l.Runner.Stuck(name) {
			return errMessagesStuck
		}
	}
	return nil
}
