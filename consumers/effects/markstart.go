package effects

import (
	"context"
	"errors"
	"time"

	"accountledger/journal"
	"accountledger/leases"
)

// markLook is how often MarkStart checks whether the lease's holder has started.
const markLook = 50 * time.Millisecond

// MarkStart makes sure that what is asked of a shared runtime of this name from now on is done: for a process that serves requests
// and may run before the first one that acts. When it returns nil, the position where acting starts is stored. Repeating it changes nothing.
func MarkStart(ctx context.Context, j *journal.Journal, k *leases.Keeper, name string) error {
	tick := time.NewTicker(markLook)
	defer tick.Stop()
	for {
		lease, err := k.Acquire(ctx, name)
		if err == nil {
			return errors.Join(markHead(ctx, j, lease), lease.Release(ctx))
		}
		if !errors.Is(err, leases.ErrHeld) {
			return err
		}
		table, err := k.Look(ctx)
		if err != nil {
			return err
		}
		if row, _ := table.Find(name); row.Place != nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// markHead stores the head of the log as the position where acting starts, unless there is one already.
func markHead(ctx context.Context, j *journal.Journal, lease *leases.Lease) error {
	if lease.Place() != nil {
		return nil
	}
	head, err := headOf(ctx, j)
	if err != nil {
		return err
	}
	return inLease{lease}.save(ctx, head)
}
