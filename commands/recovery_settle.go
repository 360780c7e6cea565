package commands

import (
	"context"
	"errors"

	"accountledger/domain"
)

// settleRecovery finishes a recovery by which its account has another password, or ends one that was not completed in time.
func (k *call) settleRecovery(ctx context.Context, r *domain.VerificationRequest, v domain.Verification) (Settled, error) {
	s, err := stateOf(ctx, k.recoveryStream(domain.RecoveryID(r.ID)))
	if err != nil || s.Completed {
		return Settled{Ended: true}, err
	}
	concerns, why := about{}, domain.RecoveryLapseReason("")
	if s.Proved != nil {
		a, err := k.account(ctx, s.Proved.Account)
		if err != nil {
			return Settled{}, err
		}
		if a.Recoveries.Has(domain.RecoveryID(r.ID)) {
			return Settled{Ended: true}, k.finishRecovery(ctx, r, a)
		}
		concerns = ofAccount(a)
		if why, err = k.recoveryLapses(ctx, s, a); err != nil {
			return Settled{}, err
		}
		if why == "" && s.Waiting != nil && s.Lapsed == "" && !r.Fact.Restored && k.now.Before(s.Due()) {
			told, err := k.remindOfRecovery(ctx, r, a)
			return Settled{Ended: told}, err // which says when it is due next
		}
	}
	switch {
	case s.Lapsed != "":
		return Settled{Ended: true}, nil
	case r.Fact.Restored:
		why = domain.RecoveryRestored
	case v.Ended == domain.EndTries:
		why = domain.RecoveryTries
	case !k.now.Before(s.Due()) && why == "":
		why = domain.RecoveryExpired
	case v.Passed && s.Proved == nil: // a crash came between
		if _, err := k.proveRecovery(ctx, r); err != nil && !errors.Is(err, domain.ErrRecoveryEnded) {
			return Settled{}, err
		}
		return Settled{}, nil // it can be completed until it expires
	}
	if why == "" {
		return Settled{}, nil
	}
	if !v.Passed && v.Ended == "" {
		if _, err := k.stopProof(ctx, r, endOf(why)); err != nil {
			return Settled{}, err
		}
	}
	_, err = k.lapseRecovery(ctx, r, concerns, why)
	return Settled{Ended: true}, err
}

func endOf(why domain.RecoveryLapseReason) domain.VerificationEndReason {
	if why == domain.RecoveryRestored {
		return domain.EndRestored
	}
	return domain.EndExpired
}

// settleRecovered finishes the latest recoveries of an account.
func (k *call) settleRecovered(ctx context.Context, a *domain.Account) error {
	var errs []error
	for _, id := range a.Recoveries.Latest {
		s, err := stateOf(ctx, k.recoveryStream(id))
		if err == nil {
			if r, ok := domain.RequestOf(s.Fact); ok {
				_, err = k.endRecovery(ctx, &r, ofAccount(a), (*domain.Recovery).Complete)
			}
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
