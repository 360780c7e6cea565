package consumers

import (
	"context"
	"fmt"

	"accountledger/journal"
)

// WaitFor returns once a consumer, or all that have a part in a view, have dealt with everything up to a position of the log,
// and its readers see it: so writers can read what they wrote. Errors: ErrUnknown, ErrStopped at once when the consumer has
// stopped, ErrElsewhere when another process does the work, and ctx's when it ended first.
func (r *Runner) WaitFor(ctx context.Context, name string, position journal.Position) error {
	all, err := r.named(name)
	if err != nil {
		return err
	}
	for _, w := range all {
		if err := w.waitFor(ctx, position); err != nil {
			return err
		}
	}
	if searchable := all[0].consumer.Searchable; searchable != nil {
		return searchable(ctx)
	}
	return nil
}

func (w *worker) waitFor(ctx context.Context, position journal.Position) error {
	name := w.consumer.Name
	for {
		w.mu.Lock()
		reached, state, moved := w.position, w.state, w.moved
		w.mu.Unlock()
		switch {
		case state == Elsewhere:
			return fmt.Errorf("%w: %s", ErrElsewhere, name)
		case reached.Compare(position) >= 0:
			return nil
		case state == Stopped:
			return fmt.Errorf("%w: %s", ErrStopped, name)
		}
		select {
		case <-moved:
		case <-w.runner.closing:
			return ErrClosed
		case <-ctx.Done():
			return fmt.Errorf("consumers: %s has not come to position %s: %w", name, position, ctx.Err())
		}
	}
}
