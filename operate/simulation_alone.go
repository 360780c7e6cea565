package operate

import (
	"context"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/simulate"
)

// SimulateAlone plays in process on a ledger that nobody serves and whose clock is the given one. On a new ledger that is simulated, so
// that its views show months; on one with a history the system's clock goes on, for a ledger's times never go back. begin is called
// once the clock is set.
func (l *Ledger) SimulateAlone(ctx context.Context, uid int, opts simulate.Options, clock *simulate.Clock,
	begin func(context.Context) error) (simulate.Summary, error) {
	head, err := l.Journal.Head(ctx)
	if err != nil {
		return simulate.Summary{}, err
	}
	if head.Position.IsZero() {
		opts.Clock = clock
		clock.Begin(time.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -opts.Days))
		defer clock.End()
	}
	if err := begin(ctx); err != nil {
		return simulate.Summary{}, err
	}
	out, err := l.SimulateDirect(ctx, uid, opts, &idleViews{ledger: l})
	if err == nil && opts.Clock != nil {
		clock.End()
		err = l.confirmPlayed(ctx, uid)
	}
	return out, err
}

// confirmPlayed takes the system's clock as right once a history was played by another one, so that the ledger can be served at once.
func (l *Ledger) confirmPlayed(ctx context.Context, uid int) error {
	now := l.Now()
	_, err := l.Menu.ConfirmClock(ctx, OperatorRequest(uid, "confirmClock", domain.EventID{}),
		commands.ConfirmClock{From: now.Add(-ClockWithin), Until: now.Add(ClockWithin)})
	return err
}
