package runner

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"accountledger/leases"
	"accountledger/projections/view"
)

// attempt is a new generation of a view on its way to be the live one.
type attempt struct {
	done       chan struct{} // closed when the attempt has ended, well or not
	err        error
	lease      *leases.Lease // under which it is made, nil where the engine is this process's alone
	generation view.Generation
	filling    *Filling
}

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
		return errors.Join(ErrClosed, release(claims))
	}
	var together []*liveView
	for _, other := range vs.all {
		lease := claims[other]
		if (lease != nil || !vs.shared()) && other.begin(lease) {
			together = append(together, other)
			delete(claims, other)
		}
	}
	if len(together) > 0 {
		vs.filling.Go(func() { vs.fill(vs.life, together) })
	}
	vs.mu.Unlock()
	if err := release(claims); err != nil {
		return err
	}
	v.mu.RLock()
	a := v.next
	v.mu.RUnlock()
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
func (v *liveView) begin(lease *leases.Lease) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.why == nil || v.next != nil {
		return false
	}
	v.next = &attempt{done: make(chan struct{}), lease: lease}
	level := slog.LevelWarn
	if errors.Is(v.why, errNone) {
		level = slog.LevelInfo
	}
	v.set.Log.Log(context.Background(), level, "view is filled anew from the log", "view", v.name(), "reason", v.why.Error())
	return true
}

func (vs *Views) fill(ctx context.Context, together []*liveView) {
	for _, v := range together {
		if lease := v.next.lease; lease != nil { // the loss of one ends all: so would be the others
			var cancel context.CancelFunc
			ctx, cancel = lease.Context(ctx)
			defer v.giveBack(lease)
			defer cancel()
		}
	}
	var fillings []*Filling
	var filled []*liveView
	for _, v := range together {
		g, f, err := v.prepare(ctx)
		v.mu.Lock()
		v.next.generation, v.next.filling = g, f
		v.mu.Unlock()
		if err != nil {
			v.end(err)
			continue
		}
		fillings, filled = append(fillings, f), append(filled, v)
	}
	var installing sync.WaitGroup
	for i, err := range Fill(ctx, vs.Journal, fillings...) {
		installing.Go(func() {
			// What cannot be read now makes the view wait there, once it is live.
			var unreadable *UnreadableError
			if err == nil || errors.As(err, &unreadable) {
				err = filled[i].install(ctx)
			}
			filled[i].end(unusable(err))
		})
	}
	installing.Wait()
}

// prepare opens a new generation, or the one that an attempt before began and that fits.
func (v *liveView) prepare(ctx context.Context) (view.Generation, *Filling, error) {
	g, err := v.resume(ctx)
	if g == nil && err == nil {
		var number int
		if number, err = view.NextNumber(ctx, v.set.Engine, v.name()); err == nil {
			g, err = v.set.Engine.Open(ctx, v.declaration.Schema, number)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if err := g.BeginFill(ctx); err != nil {
		return g, nil, err
	}
	f, err := NewFilling(ctx, v.declaration, g, v.set.Partitions)
	return g, f, err
}

// findLeftover notes what a filling left that was not finished, by this process or another.
func (v *liveView) findLeftover(ctx context.Context) error {
	if v.needs() == nil {
		return nil
	}
	v.mu.Lock()
	v.leftover = 0 // what this process left, another may have ended
	v.mu.Unlock()
	all, err := v.set.Engine.Generations(ctx, v.name())
	if err != nil || len(all) == 0 {
		return err
	}
	live, err := v.set.Engine.Live(ctx, v.name())
	last := all[len(all)-1]
	if (err != nil || last.Number > live.Number) && last.Version == v.declaration.Version {
		v.mu.Lock()
		v.leftover = last.Number
		v.mu.Unlock()
	}
	return nil
}

// resume opens what an attempt before left, if it fits this program, this log and this sharing of the work; nil otherwise.
func (v *liveView) resume(ctx context.Context) (view.Generation, error) {
	v.mu.Lock()
	number := v.leftover
	v.leftover = 0
	v.mu.Unlock()
	if number == 0 {
		return nil, nil
	}
	g, err := v.set.Engine.Open(ctx, v.declaration.Schema, number)
	if err == nil {
		if err = v.check(ctx, g); err == nil {
			return g, nil
		}
		err = errors.Join(err, g.Close())
	}
	if errors.Is(unusable(err), ErrUnusable) {
		return nil, nil
	}
	return nil, err
}

// install ends the filling of a generation and makes it the live one; the one before is dropped, at once where nobody
// else can have it.
func (v *liveView) install(ctx context.Context) error {
	v.mu.RLock()
	g, f, lease := v.next.generation, v.next.filling, v.next.lease
	v.mu.RUnlock()
	if err := f.Finish(ctx); err != nil {
		return err
	}
	if err := g.EndFill(ctx); err != nil {
		return err
	}
	v.opening.Lock()
	defer v.opening.Unlock()
	if lease != nil && !lease.Held() {
		return fmt.Errorf("view %s: %w", v.name(), leases.ErrLost)
	}
	if err := v.set.Engine.Swap(ctx, g.ID()); err != nil {
		return err
	}
	v.mu.Lock()
	v.next.generation = nil
	v.mu.Unlock()
	if err := v.take(ctx, g); err != nil {
		return err
	}
	v.set.Log.Info("view is filled", "view", v.name(), "generation", g.ID().Number)
	if v.set.shared() {
		return nil
	}
	return v.tidy(ctx)
}

// end tells whoever waits how an attempt went. What was filled is kept for the next one.
func (v *liveView) end(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	a := v.next
	v.next = nil
	if a.generation != nil {
		if !errors.Is(err, ErrUnusable) {
			v.leftover = a.generation.ID().Number
		}
		err = errors.Join(err, a.generation.Close())
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

// clear ends the opening of a view: what unfinished rebuilds left goes, or is noted to be gone on with.
func (v *liveView) clear(ctx context.Context) error {
	if v.set.shared() {
		return nil // another process may be filling: whoever has the lease for that sees to it
	}
	if err := v.tidy(ctx); err != nil {
		return err
	}
	return v.findLeftover(ctx)
}

// tidy drops what is older than the live generation, and what unfinished rebuilds left while there is a live one;
// opening is held.
func (v *liveView) tidy(ctx context.Context) error {
	v.mu.RLock()
	live := v.live
	v.mu.RUnlock()
	if live == nil || v.needs() != nil {
		return nil //nolint:nilerr // why the view is filled anew is no failure of this
	}
	all, err := v.set.Engine.Generations(ctx, v.name())
	if err != nil {
		return err
	}
	for _, id := range all {
		if id != live.ID() {
			if err := v.set.Engine.Drop(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
