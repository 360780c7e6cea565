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
	// asked is when the last answered request was sent; the TTL counts from then.
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

// Name is the lease's name.
func (l *Lease) Name() string { return l.ref.Name }

// Epoch increases with every holder of the lease.
func (l *Lease) Epoch() int64 { return l.ref.Epoch }

// Lost is closed when the lease is no longer held, including by Release.
func (l *Lease) Lost() <-chan struct{} { return l.lost }

// Held reports whether the lease is held by the clocks right now. Just before something that only the holder may
// do, it is more reliable than Lost: a frozen process wakes up before its timers run.
func (l *Lease) Held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.over && l.left() > 0
}

// Context returns a context that also ends when the lease is lost. It must be cancelled.
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

// Place is what was last saved, by this holder or the one before; nil if nothing was.
func (l *Lease) Place() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.place
}

// Save stores up to MaxPlace bytes with the lease. ErrLost: it is no longer held, and nothing was saved.
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

// Release frees the lease for others, immediately if the server can be reached, otherwise when it expires. Work
// under it must have stopped. Releasing a lost lease does nothing.
func (l *Lease) Release(ctx context.Context) error {
	if !l.Held() {
		l.end()
		return nil
	}
	l.end()
	return l.keeper.server.Release(ctx, l.keeper.process(), l.ref)
}

// renewed restarts the lease's time.
func (l *Lease) renewed(asked time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.over || l.left() <= 0 { // too late: it was already given up
		return
	}
	l.asked = asked
	l.timer.Reset(l.left())
}

// left is how long the lease still holds. The monotonic clock stops while the machine sleeps, so the clock that has
// advanced further counts.
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

// end marks the lease as lost.
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
