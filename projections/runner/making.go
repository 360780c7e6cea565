package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"accountledger/consumers"
	"accountledger/leases"
)

// attempt is a new generation of a view on its way to be the live one.
type attempt struct {
	done  chan struct{} // closed when the attempt has ended, well or not
	err   error
	claim *claim
	began time.Time
	first bool  // there was no generation before
	made  *Next // nil until it is begun
}

// quickFill is how long the first filling of a view may take without a line in the log about its end.
const quickFill = 10 * time.Second

// make fills a new generation of a view, and of all others that need one, and waits for this view's. The filling goes
// on when the one who waits does not.
func (vs *Views) make(ctx context.Context, v *liveView) error {
	claims, err := vs.claim(ctx, v)
	if err != nil {
		return err
	}
	vs.mu.Lock()
	if vs.life.Err() != nil {
		vs.mu.Unlock()
		return errors.Join(consumers.ErrClosed, release(ctx, claims))
	}
	var together []*liveView
	for _, other := range vs.all {
		if c := claims[other]; c != nil && other.begin(c) {
			together = append(together, other)
			delete(claims, other)
		}
	}
	vs.logFirst(together)
	if len(together) > 0 {
		vs.filling.Go(func() { vs.fill(vs.life, together) })
	}
	vs.mu.Unlock()
	if err := release(ctx, claims); err != nil {
		return err
	}
	a := v.attempt()
	if a == nil {
		return nil // it was made since the caller looked
	}
	select {
	case <-a.done:
		return a.err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// begin starts an attempt when the view needs one and none is under way.
func (v *liveView) begin(c *claim) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.why == nil || v.next != nil {
		return false
	}
	v.next = &attempt{done: make(chan struct{}), claim: c, began: time.Now(), first: errors.Is(v.why, errNone)}
	if !v.next.first {
		v.set.Log.Warn("view is being refilled from the log", "view", v.name(), "reason", v.why.Error())
	}
	return true
}

// logFirst says in one line which views are filled for the first time.
func (vs *Views) logFirst(together []*liveView) {
	var names []string
	for _, v := range together {
		v.mu.RLock()
		if v.next != nil && v.next.first {
			names = append(names, v.name())
		}
		v.mu.RUnlock()
	}
	if len(names) > 0 {
		vs.Log.Info("views are being filled from the log", "views", strings.Join(names, ","))
	}
}

func (vs *Views) fill(ctx context.Context, together []*liveView) {
	for _, v := range together {
		if lease := v.next.claim.lease; lease != nil { // the loss of one ends all: so would be the others
			var cancel context.CancelFunc
			ctx, cancel = lease.Context(ctx)
			defer v.giveBack(lease)
			defer cancel()
		}
	}
	var fillings []*Filling
	var filled []*liveView
	for _, v := range together {
		made, err := v.place().Next(ctx, false, v.next.claim.held)
		v.mu.Lock()
		v.next.made = made
		v.mu.Unlock()
		if err != nil {
			v.end(err)
			continue
		}
		fillings, filled = append(fillings, made.Filling), append(filled, v)
	}
	vs.Budget.Each(ctx, vs.Journal, Making, fillings, Stages{
		Filled: func(i int, err error) error {
			// What cannot be read now makes the view wait there, once it is live.
			var unreadable *UnreadableError
			if err == nil || errors.As(err, &unreadable) {
				err = filled[i].attempt().made.Ready(ctx)
			}
			return err
		},
		Ended: func(i int, err error) {
			if err == nil {
				err = filled[i].install(ctx)
			}
			filled[i].end(unusable(err))
		},
	})
}

// attempt is the one under way, nil when none is.
func (v *liveView) attempt() *attempt {
	v.mu.RLock()
	defer v.mu.RUnlock()
	return v.next
}

// install makes a generation that was filled the live one; the one before is dropped, at once where nobody else can have it.
func (v *liveView) install(ctx context.Context) error {
	a := v.attempt()
	v.opening.Lock()
	defer v.opening.Unlock()
	g, err := a.made.Swap(ctx)
	if err != nil {
		return fmt.Errorf("view %s: %w", v.name(), err)
	}
	if err := v.take(ctx, g); err != nil {
		return err
	}
	level := slog.LevelInfo
	if a.first && time.Since(a.began) < quickFill {
		level = slog.LevelDebug
	}
	v.set.Log.Log(ctx, level, "view is filled", "view", v.name(), "generation", g.ID().Number)
	if v.set.shared() {
		return nil
	}
	return v.tidy(ctx)
}

// end tells those who wait how an attempt went. What was filled is kept for the next one, also where an event could not be folded,
// unless it is damaged.
func (v *liveView) end(err error) {
	a := v.attempt()
	if a.made != nil {
		var damaged error
		if errors.Is(unusable(err), consumers.ErrUnusable) {
			damaged = err
		}
		err = errors.Join(err, a.made.Leave(v.set.life, damaged))
	}
	v.mu.Lock()
	v.next = nil
	v.mu.Unlock()
	if a.claim.lease == nil {
		_ = a.claim.release(v.set.life)
	}
	a.err = err
	close(a.done)
}

// giveBack lets others fill the view; where the server cannot be reached, the lease goes by itself.
func (v *liveView) giveBack(lease *leases.Lease) {
	if err := lease.Release(context.WithoutCancel(v.set.life)); err != nil {
		v.set.Log.Warn("the lease to fill a view could not be given back", "view", v.name(), "reason", err.Error())
	}
}

// clear ends the opening of a view: what unfinished rebuilds left goes, but for what can be gone on with. It says whether that
// was done; not where somebody may be filling, who sees to it.
func (v *liveView) clear(ctx context.Context) (bool, error) {
	if v.set.ReadOnly || v.set.shared() {
		return true, nil // the holder of the lease to fill sees to it
	}
	c, err := v.reserve(ctx)
	if errors.Is(err, errFilled) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	err = errors.Join(v.tidy(ctx), c.release(ctx))
	return err == nil, err
}

// tidy is Place.Tidy while there is a live generation; opening is held, and nobody else may fill the view.
func (v *liveView) tidy(ctx context.Context) error {
	v.mu.RLock()
	live := v.live
	v.mu.RUnlock()
	if live == nil || v.needs() != nil {
		return nil //nolint:nilerr // why the view is refilled is no failure of this
	}
	return v.place().Tidy(ctx, live.ID())
}
