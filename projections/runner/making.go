package runner

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"accountledger/projections/view"
)

// attempt is a new generation of a view on its way to be the live one.
type attempt struct {
	done       chan struct{} // closed when the attempt has ended, well or not
	err        error
	generation view.Generation
	filling    *Filling
}

// make fills a new generation of a view, and of all others that need one, and waits for this view's. The filling goes
// on when the one who waits does not.
func (vs *Views) make(ctx context.Context, v *View) error {
	vs.mu.Lock()
	if vs.life.Err() != nil {
		vs.mu.Unlock()
		return ErrClosed
	}
	var together []*View
	for _, other := range vs.all {
		if other.begin() {
			together = append(together, other)
		}
	}
	if len(together) > 0 {
		vs.filling.Go(func() { vs.fill(vs.life, together) })
	}
	vs.mu.Unlock()
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
func (v *View) begin() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.why == nil || v.next != nil {
		return false
	}
	v.next = &attempt{done: make(chan struct{})}
	level := slog.LevelWarn
	if errors.Is(v.why, errNone) {
		level = slog.LevelInfo
	}
	v.set.log.Log(context.Background(), level, "view is filled anew from the log", "view", v.Name(), "reason", v.why.Error())
	return true
}

func (vs *Views) fill(ctx context.Context, together []*View) {
	var fillings []*Filling
	var filled []*View
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
	for i, err := range Fill(ctx, vs.journal, fillings...) {
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
func (v *View) prepare(ctx context.Context) (view.Generation, *Filling, error) {
	g, err := v.resume(ctx)
	if g == nil && err == nil {
		var number int
		if number, err = view.NextNumber(ctx, v.set.engine, v.Name()); err == nil {
			g, err = v.set.engine.Open(ctx, v.declaration.Schema, number)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if err := g.BeginFill(ctx); err != nil {
		return g, nil, err
	}
	f, err := NewFilling(ctx, v.declaration, g)
	return g, f, err
}

// findLeftover notes what a filling left that an earlier process did not finish.
func (v *View) findLeftover(ctx context.Context) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.why == nil {
		return nil
	}
	all, err := v.set.engine.Generations(ctx, v.Name())
	if err != nil || len(all) == 0 {
		return err
	}
	live, err := v.set.engine.Live(ctx, v.Name())
	last := all[len(all)-1]
	if (err != nil || last.Number > live.Number) && last.Version == v.declaration.Version {
		v.leftover = last.Number
	}
	return nil
}

// resume opens what an attempt before left, if it fits this program and this log; nil otherwise.
func (v *View) resume(ctx context.Context) (view.Generation, error) {
	v.mu.Lock()
	number := v.leftover
	v.leftover = 0
	v.mu.Unlock()
	if number == 0 {
		return nil, nil
	}
	g, err := v.set.engine.Open(ctx, v.declaration.Schema, number)
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

// install ends the filling of a generation and makes it the live one; the one before is dropped.
func (v *View) install(ctx context.Context) error {
	v.mu.RLock()
	g := v.next.generation
	v.mu.RUnlock()
	if err := g.EndFill(ctx); err != nil {
		return err
	}
	if err := v.set.engine.Swap(ctx, g.ID()); err != nil {
		return err
	}
	v.mu.Lock()
	v.next.generation = nil
	err := v.take(ctx, g)
	v.mu.Unlock()
	if err != nil {
		return err
	}
	v.set.log.Info("view is filled", "view", v.Name(), "generation", g.ID().Number)
	return v.tidy(ctx)
}

// end tells whoever waits how an attempt went. What was filled is kept for the next one.
func (v *View) end(err error) {
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

// tidy drops what is older than the live generation, and what unfinished rebuilds left while there is a live one.
func (v *View) tidy(ctx context.Context) error {
	v.mu.RLock()
	defer v.mu.RUnlock()
	if v.live == nil || v.why != nil {
		return nil
	}
	all, err := v.set.engine.Generations(ctx, v.Name())
	if err != nil {
		return err
	}
	for _, id := range all {
		if id != v.live.ID() {
			if err := v.set.engine.Drop(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}
