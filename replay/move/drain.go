package move

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"accountledger/consumers"
	"accountledger/consumers/effects"
	"accountledger/eventstore"
	"accountledger/journal"
	"accountledger/replay/transfer"
)

const (
	// drainFor bounds how long a move waits for messages that cannot be sent now; the target sends those.
	drainFor = time.Minute
	// drainLook is how often a move looks whether all messages have been sent.
	drainLook = 20 * time.Millisecond
	// drainEnd bounds how long what is under way then may take.
	drainEnd = 20 * time.Second
)

// Draining sends what people asked for up to now.
type Draining struct {
	Journal *journal.Journal
	Sender  *effects.Runtime
	Now     func() time.Time
	Log     *slog.Logger
	Tell    transfer.Progress // may be nil
}

// Run returns once no message is under way that was asked for before, or after a minute: then the target goes on with them.
func (d *Draining) Run(ctx context.Context) error {
	head, err := d.Journal.Head(ctx)
	if err != nil {
		return err
	}
	r, err := consumers.New(consumers.Options{Journal: d.Journal, Log: d.Log, Now: d.Now}, d.Sender.Consumer())
	if err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	err = d.drained(ctx, head)
	err = errors.Join(err, r.Close(), <-ended)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainEnd)
	defer cancel()
	return errors.Join(err, d.Sender.Close(closing))
}

// drained waits until no message is under way that was asked for up to head.
func (d *Draining) drained(ctx context.Context, head eventstore.Checkpoint) error {
	tick := time.NewTicker(drainLook)
	defer tick.Stop()
	deadline := time.NewTimer(drainFor)
	defer deadline.Stop()
	for {
		at, err := d.Sender.Checkpoint(ctx)
		if err != nil {
			return err
		}
		pending := d.Sender.Status().Pending
		if pending == 0 && at.Position.Compare(head.Position) >= 0 {
			return nil
		}
		if d.Tell != nil {
			d.Tell(transfer.StageDrain, 0, int64(pending), "messages")
		}
		select {
		case <-tick.C:
		case <-deadline.C:
			d.Log.Warn("messages could not all be sent; the target goes on with them", "messages", pending)
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
