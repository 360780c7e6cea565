package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// WaitRecovery begins the waiting time of a recovery whose code was right, by who has no second factor of the account any more.
type WaitRecovery struct {
	ID     domain.RecoveryID `json:"id"`
	Handle string            `json:"-"`
}

// RecoveryWait is the answer.
type RecoveryWait struct {
	Until   time.Time // when the new password can be set
	Expires time.Time // until when it has to be
}

// waitRecovery tells the owner of the account at once, and again each day. A factor's use to sign in, or word that it was not them, ends it.
func (k *call) waitRecovery(ctx context.Context, in WaitRecovery) (RecoveryWait, error) {
	defer k.hold(domain.VerificationStream(domain.VerificationID(in.ID)))()
	s, r, a, err := k.provenRecovery(ctx, in.ID, in.Handle)
	switch {
	case err != nil:
		return RecoveryWait{}, err
	case a.Recoveries.Has(in.ID):
		return RecoveryWait{}, domain.ErrRecovered
	}
	if s, err = k.stillRecovers(ctx, s, &r, a); err != nil {
		return RecoveryWait{}, err
	}
	if !domain.RecoveryNeedsOnly(k.recoveryNeeds(a), domain.RecoveryByWaiting) {
		return RecoveryWait{}, domain.ErrNotAWay
	}
	k.Because = s.ProvedFact.ID
	out, err := change[*domain.Recovery]{stream: k.recoveryStream(in.ID), mayKeep: true,
		about: concerning[*domain.Recovery](ofAccount(a).after(r.Fact, r.Fact)),
		decide: func(_ context.Context, s *domain.Recovery, _ journal.Head) ([]any, error) {
			return s.Wait(a, k.Config.RecoveryWait, k.now), nil
		}}.by(ctx, k)
	if err != nil {
		return RecoveryWait{}, err
	}
	if s = out.state; s.Waiting == nil {
		return RecoveryWait{}, domain.ErrRecoveryEnded
	}
	return RecoveryWait{Until: s.Waiting.Until, Expires: s.Due()}, nil
}

// provenRecovery reads a recovery whose code was right, and its account.
func (k *call) provenRecovery(ctx context.Context, id domain.RecoveryID, handle string) (s *domain.Recovery, r domain.VerificationRequest,
	a *domain.Account, err error) {
	if s, r, err = k.ownRecovery(ctx, id, handle); err != nil {
		return nil, r, nil, err
	}
	if s.Proved == nil {
		if s, err = k.unproved(ctx, s, &r); err != nil {
			return nil, r, nil, err
		}
	}
	a, err = k.account(ctx, s.Proved.Account)
	return s, r, a, err
}

// stillRecovers refuses a recovery that has ended, and records that it has.
func (k *call) stillRecovers(ctx context.Context, s *domain.Recovery, r *domain.VerificationRequest, a *domain.Account) (*domain.Recovery, error) {
	if k.recoveryOver(s, r) || s.Fact.At.After(k.now.Add(domain.MaxAhead)) {
		return nil, domain.ErrRecoveryEnded
	}
	why, err := k.recoveryLapses(ctx, s, a)
	if err != nil {
		return nil, err
	}
	if why != "" {
		_, err := k.lapseRecovery(ctx, r, ofAccount(a), why)
		return nil, errors.Join(domain.ErrRecoveryEnded, err)
	}
	return s, nil
}

// recoveryLapses says why a proved recovery cannot be completed any more; "" if it can.
func (k *call) recoveryLapses(ctx context.Context, s *domain.Recovery, a *domain.Account) (domain.RecoveryLapseReason, error) {
	if why := a.Recoverable(s.Proved); why != "" || s.Waiting == nil {
		return why, nil
	}
	if a.DisownedAt > s.Waiting.OwnerAt {
		return domain.RecoveryStopped, nil
	}
	tried := a.TriedFactors(s.WaitingAt)
	used := make([]time.Time, len(tried))
	if err := k.besideEach(ctx, len(tried), func(ctx context.Context, i int) error {
		uses, err := stateOf(ctx, k.factorStream(tried[i].Factor))
		if err == nil {
			used[i] = uses.At
		}
		return err
	}); err != nil {
		return "", err
	}
	for _, at := range used {
		if at.After(s.WaitingAt) {
			return domain.RecoveryStopped, nil
		}
	}
	return "", nil
}

// remindOfRecovery tells the owner of an account again of a recovery that waits, if it is time.
func (k *call) remindOfRecovery(ctx context.Context, r *domain.VerificationRequest, a *domain.Account) (told bool, err error) {
	out, err := change[*domain.Recovery]{stream: k.recoveryStream(domain.RecoveryID(r.ID)), mayKeep: true,
		about: concerning[*domain.Recovery](ofAccount(a).after(r.Fact, r.Fact)),
		decide: func(_ context.Context, s *domain.Recovery, _ journal.Head) ([]any, error) {
			return s.Remind(k.now), nil
		}}.by(ctx, k)
	return len(out.facts) > 0, err
}
