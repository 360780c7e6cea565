package commands

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"accountledger/domain"
)

// ConfirmClock confirms the ledger's clock as right, after it jumped. The operator gives, by another clock, a range the time must
// be in: the ledger's clock cannot vouch for itself, and may have moved since the operator looked.
type ConfirmClock struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Reason may be empty.
	Reason string `json:"-"`
}

// Format prints [personal] for every verb: a reason could hold anything.
func (ConfirmClock) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (ConfirmClock) LogValue() slog.Value { return hidden() }

// confirmClock returns the time that was confirmed, or refuses with clock_differs.
func (k *call) confirmClock(ctx context.Context, in ConfirmClock) (time.Time, error) {
	e := domain.ClockConfirmed{Time: k.now, UID: k.Caller.UID}
	if in.Reason != "" {
		reason, err := domain.ParseOperatorReason(in.Reason)
		if err != nil {
			return time.Time{}, err
		}
		e.Reason = domain.Personal(reason, domain.LedgerKey())
	}
	if k.now.Before(in.From) || k.now.After(in.Until) {
		return time.Time{}, &domain.Error{Kind: domain.Conflict, Code: "clock_differs", Message: fmt.Sprintf(
			"The ledger's clock says %s, which is not the time that you gave. Set the machine's clock right first; nothing was confirmed.", k.now.Format(time.RFC3339))}
	}
	return k.clockConfirmed(ctx, e)
}

// NoteClock records in a quiet log that the clock is right, as judged by the process that settles deadlines.
type NoteClock struct{}

func (k *call) noteClock(ctx context.Context, _ NoteClock) (struct{}, error) {
	_, err := k.clockConfirmed(ctx, domain.ClockConfirmed{Time: k.now})
	return struct{}{}, err
}

// clockConfirmed returns the time recorded: for a repeat, that of the first request.
func (k *call) clockConfirmed(ctx context.Context, e domain.ClockConfirmed) (time.Time, error) {
	f, err := k.note(ctx, records{domain.ClockStream, k.Journal.LastOf, k}, e)
	if err != nil {
		return time.Time{}, err
	}
	return f.Event.(domain.ClockConfirmed).Time, nil // the stream has no other events
}
