package commands

import (
	"context"
	"fmt"
	"log/slog"

	"accountledger/domain"
)

// SkipEvent lets a view skip an event it cannot process, or every reader one that cannot be read. The caller must have checked that
// this is the case.
type SkipEvent struct {
	View   domain.ViewName `json:"view,omitzero"` // empty: every reader
	Event  domain.EventID  `json:"event"`
	Reason string          `json:"-"`
}

// Format prints [personal] for every verb: a reason could hold anything.
func (SkipEvent) Format(s fmt.State, _ rune) { hide(s) }

// LogValue logs [personal].
func (SkipEvent) LogValue() slog.Value { return hidden() }

// skipEvent records the skip; consumers and rebuilds read the record. Recording it twice has no further effect.
func (k *call) skipEvent(ctx context.Context, in SkipEvent) (domain.Fact, error) {
	reason, err := domain.ParseOperatorReason(in.Reason)
	if err != nil {
		return domain.Fact{}, err
	}
	return k.note(ctx, k.operations(domain.OperationsStream), domain.EventSkipped{View: in.View, Event: in.Event, UID: k.Caller.UID,
		Reason: domain.Personal(reason, domain.LedgerKey())})
}
