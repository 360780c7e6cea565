package leases

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Lease is one holding of a lease. It is safe for concurrent use.
type Lease struct {
	keeper *Keeper
	ref    Ref

	mu    sync.Mutex
	place []byte
	// asked is when the request was sent that the server answered last; it counts from then on.
	asked time.Time
	timer *time.Timer
	over  bool
	lost  chan struct{}
}

func newLease(k *Keeper, ref Ref, place []byte, asked time.Time) *Lease {
	l := &Lease{keeper: k, ref: ref, place: place, asked: asked, lost: make(chan struct{})}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.timer = time.AfterFunc(l.left(), l.expire)
	return l
}

// Name is what the lease is called.
func (l *Lease) Name() string { return l.ref.Name }

// Epoch grows with every holder of the lease.
func (l *Lease) Epoch() int64 { return l.ref.Epoch }

// Lost is closed when the lease is not held any more, released ones included.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Held says whether the lease is held, by the clocks as they are now: right before something that only the holder may
// do it knows better than Lost, as a process that was frozen wakes up before its timers run.
func (l *Lease) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over && l.left() > 0
}

// Context gives a context that also ends when the lease is lost. Cancel it when it is no longer needed.
func (l *Lease) Context(parent context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(parent)
	go func() {
		select {
		case <-l.lost:
			cancel(ErrLost)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}

// Place is what was saved last, by this holder or the one before; nil when nobody saved anything.
func (l *Lease) Place() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place
}

// Save keeps up to MaxPlace bytes with the lease. ErrLost: it is not held any more, and nothing was saved.
func (l *Lease) Save(ctx context.Context, place []byte) error {
	if err := Check(l.ref.Name, place); err != nil {
		return err
	}
	if !l.Held() {
		return ErrLost
	}
	err := l.keeper.server.Save(ctx, l.keeper.process(), l.ref, place)
	if errors.Is(err, ErrLost) {
		l.end()
	}
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.place = place
	return nil
}

// Release frees the lease for others, at once where the server can be reached and else when its time is over. What
// it stood for must have been left before. Releasing a lost lease does nothing.
func (l *Lease) Release(ctx context.Context) error {
	if !l.Held() {
		l.end()
		return nil
	}
	l.end()
	return l.keeper.server.Release(ctx, l.keeper.process(), l.ref)
}

// renewed counts the lease's time anew.
func (l *Lease) renewed(asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || l.left() <= 0 { // too late: it was taken for lost
		return
	}
	l.asked = asked
	l.timer.Reset(l.left())
}

// left is how long the lease holds. The monotonic clock stands still while the machine sleeps, so the clock that has
// gone further counts.
func (l *Lease) left() time.Duration {
	now := time.Now()
	gone := max(now.Sub(l.asked), now.Round(0).Sub(l.asked.Round(0)))
	return l.keeper.ttl - l.keeper.ttl/margin - gone
}

func (l *Lease) expire() {
	l.mu.Lock()
	left := l.left()
	if !l.over && left > 0 {
		l.timer.Reset(left)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	l.end()
}

// end makes the lease a lost one.
func (l *Lease) end() {
	l.mu.Lock()
	was := l.over
	l.over = true
	l.timer.Stop()
	l.mu.Unlock()
	if was {
		return
	}
	l.keeper.forget(l)
	close(l.lost)
}
