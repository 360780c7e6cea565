package commands

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passwords"
	"accountledger/vault"
)

// refusal turns any error into one of the domain's; unexpected ones become internal, with the cause for the log.
func refusal(err error) error {
	if err == nil {
		return nil
	}
	var known *domain.Error
	var busy *passwords.BusyError
	var conflict *journal.ConflictError
	var unknownType *journal.UnknownTypeError
	var unreadable *journal.UnreadableEventError
	switch {
	case errors.As(err, &known):
		return err
	case errors.As(err, &busy):
		return domain.ErrOverload.After(int(busy.RetryAfter.Seconds()) + 1).Because(err)
	case errors.As(err, &conflict):
		return domain.ErrBusy.After(1).Because(err)
	case errors.Is(err, journal.ErrUnknownOutcome):
		return domain.ErrUnsure.Because(err)
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return domain.ErrUnavailable.After(1).Because(err)
	case errors.As(err, &unknownType), errors.As(err, &unreadable):
		return domain.ErrUnavailable.After(60).Because(err)
	case errors.Is(err, journal.ErrFenced): // until an operator decides where the ledger continues
		return domain.ErrUnavailable.After(60).Because(err)
	case journal.Unavailable(err), errors.Is(err, journal.ErrKeyUnknown), errors.Is(err, vault.ErrUnavailable), errors.Is(err, vault.ErrCorrupt):
		return domain.ErrUnavailable.After(5).Because(err)
	}
	return domain.ErrInternal.Because(err)
}
