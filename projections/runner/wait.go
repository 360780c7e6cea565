package runner

import (
	"context"
	"fmt"

	"accountledger/journal"
)

// WaitFor returns once a consumer has dealt with everything up to a position of the log, and its readers see it: so
// whoever wrote can read it. Errors: ErrUnknown, ErrStopped at once when the consumer has stopped, and ctx's when it
// ended first.
func (r *Runner) WaitFor(ctx context.Context, name string, position journal.Position) error {
	w, err := r.worker(name)
	if err != nil {
		return err
	}
	for {
		w.mu.Lock()
		reached, state, moved := w.position, w.state, w.moved
		w.mu.Unlock()
		if reached.Compare(position) >= 0 {
			break
		}
		if state == Stopped {
			return fmt.Errorf("%w: %s", ErrStopped, name)
		}
		select {
		case <-moved:
		case <-r.closing:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("runner: %s has not come to position %s: %w", name, position, ctx.Err())
		}
	}
	if s, ok := w.consumer.(Searcher); ok {
		return s.Searchable(ctx)
	}
	return nil
}
