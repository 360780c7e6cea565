package runner

import (
	"context"
	"fmt"
	"sync"
	"time"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/projections/view"
)

const (
	// askEvery lies between two questions how far a view has come, however many wait for it.
	askEvery = 25 * time.Millisecond
	// askTimeout bounds one such question.
	askTimeout = 10 * time.Second
)

// WaitFor returns once a view has dealt with everything up to a position of the log, and queries see it, wherever the work on it
// is done: it asks the engine how far the view is. Runner.WaitFor is cheaper where all of it is done here. Errors:
// consumers.ErrUnknown, and ctx's when it ended first. While the engine cannot be asked it waits.
func (vs *Views) WaitFor(ctx context.Context, name string, position journal.Position) error {
	_, err := vs.await(ctx, name, position)
	return err
}

// QueryAt is Query once the view has come to a position. Between the waiting and the answer another
// generation may take the live one's place that has not come as far; then it waits again. Errors: those of WaitFor and Query.
func (vs *Views) QueryAt(ctx context.Context, name string, q view.Query, position journal.Position) (*view.Result, view.GenerationID, error) {
	for {
		at, err := vs.await(ctx, name, position)
		if err != nil {
			return nil, at, err
		}
		result, id, err := vs.Query(ctx, name, q)
		if id == at || err != nil {
			return result, id, err
		}
	}
}

// await gives the generation that has come to a position.
func (vs *Views) await(ctx context.Context, name string, position journal.Position) (view.GenerationID, error) {
	v := vs.byName[name]
	if v == nil {
		return view.GenerationID{}, fmt.Errorf("%w: %s", consumers.ErrUnknown, name)
	}
	for {
		r := v.asking.ask(func() reached { return v.reached() })
		select {
		case <-r.done:
		case <-ctx.Done():
			return view.GenerationID{}, fmt.Errorf("runner: view %s has not come to position %s: %w", name, position, ctx.Err())
		}
		switch {
		case r.err != nil:
		case r.searchable.Compare(position) >= 0:
			return r.id, nil
		case r.written.Compare(position) >= 0:
			var other bool
			err := vs.Use(name, func(g view.Generation) error {
				if other = g.ID() != r.id; other {
					return nil
				}
				return g.Refresh(ctx)
			})
			if err == nil && !other {
				return r.id, nil
			}
		}
	}
}

// reached is how far a generation is: the least of its partitions.
type reached struct {
	id                  view.GenerationID
	written, searchable journal.Position
	err                 error
}

// reached asks the engine.
func (v *liveView) reached() (r reached) {
	ctx, cancel := context.WithTimeout(v.set.life, askTimeout)
	defer cancel()
	r.err = v.set.Use(v.name(), func(g view.Generation) error {
		r.id = g.ID()
		for part := range v.set.Partitions {
			seen, err := g.Searchable(ctx, part)
			if err != nil {
				return err
			}
			written, err := g.Checkpoint(ctx, part)
			if err != nil {
				return err
			}
			s, err := decodeCheckpoint(seen, v.set.Partitions)
			if err != nil {
				return err
			}
			w, err := decodeCheckpoint(written, v.set.Partitions)
			if err != nil {
				return err
			}
			if part == 0 || s.Position.Compare(r.searchable) < 0 {
				r.searchable = s.Position
			}
			if part == 0 || w.Position.Compare(r.written) < 0 {
				r.written = w.Position
			}
		}
		return nil
	})
	return r
}

// asking joins those who ask the same: one question at a time, and the next not before its time.
type asking struct {
	mu   sync.Mutex
	last time.Time
	now  *question
}

type question struct {
	reached
	done chan struct{}
}

// ask gives the question under way, or asks another.
func (a *asking) ask(work func() reached) *question {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.now != nil {
		return a.now
	}
	q := &question{done: make(chan struct{})}
	a.now = q
	wait := time.Until(a.last.Add(askEvery))
	time.AfterFunc(wait, func() {
		q.reached = work()
		a.mu.Lock()
		a.now, a.last = nil, time.Now()
		a.mu.Unlock()
		close(q.done)
	})
	return q
}

// Status is the status of each partition of each view for a process that does not work on them: as the engine has it, and
// who works on it where that is known. An error means that the log cannot be asked.
func (vs *Views) Status(ctx context.Context, now time.Time) ([]consumers.Status, error) {
	all, err := consumers.StatusElsewhere(ctx, vs.Journal, vs.Leases, now, vs.Log, vs.each())
	for i := range all {
		if v := vs.all[i/vs.Partitions]; all[i].State == consumers.Rebuilding {
			all[i].Reason = fmt.Sprint(v.needs())
		}
	}
	return all, err
}
