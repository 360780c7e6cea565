package commands

import (
	"context"
	"errors"
	"slices"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/passkeys"
)

// CheckRecovery proves by a code that who recovers an account reads what is sent to its address.
type CheckRecovery struct {
	ID     domain.RecoveryID `json:"id"`
	Handle string            `json:"-"`
	Code   string            `json:"-"`
}

// RecoveryChecked is the answer to the right code.
type RecoveryChecked struct {
	// Needs are the ways in which the recovery can go on, each with all that is to be shown besides. If one needs nothing, there are none.
	Needs   []domain.RecoveryWay
	Expires time.Time // of the recovery
	// Passkey is what a passkey is asked for with; nil if none helps.
	Passkey *passkeys.AssertionOptions
}

// checkRecovery decides on a code. For an address that nobody has no code passes, but everything is counted and answered as for any other.
// Two appends: the verification's, which decides, and the recovery's, which names the account. A crash between them is made good by who asks
// again or by the process that handles deadlines.
func (k *call) checkRecovery(ctx context.Context, in CheckRecovery) (RecoveryChecked, error) {
	id := domain.VerificationID(in.ID)
	defer k.hold(domain.VerificationStream(id))()
	k.bind([]byte(domain.CleanCode(in.Code)))
	s, r, err := k.ownRecovery(ctx, in.ID, in.Handle)
	switch {
	case err != nil:
		return RecoveryChecked{}, err
	case s.Completed:
		return RecoveryChecked{}, domain.ErrRecovered
	case k.recoveryOver(s, &r):
		return RecoveryChecked{}, domain.ErrRecoveryEnded
	case s.Proved != nil:
		return k.provedBefore(ctx, s)
	}
	if _, err := k.decideCode(ctx, CheckCode{Verification: id, Handle: in.Handle, Code: in.Code}, &r); err != nil {
		return RecoveryChecked{}, endsRecovery(err)
	}
	if s, err = k.proveRecovery(ctx, &r); err != nil {
		return RecoveryChecked{}, err
	}
	return k.recoveryChecked(ctx, s)
}

// provedBefore answers once a right code was given: a repeat of the check that passed gets the first answer.
func (k *call) provedBefore(ctx context.Context, s *domain.Recovery) (RecoveryChecked, error) {
	id, _ := domain.ParseID(s.Fact.Stream[len("recovery-"):])
	at, err := k.proofStream(domain.VerificationID{UUID: id}).read(ctx)
	if err != nil {
		return RecoveryChecked{}, err
	}
	before, err := k.repeated(ctx, at.before(k.command))
	if err == nil {
		err = refusalBefore(before)
	}
	switch {
	case err != nil:
		return RecoveryChecked{}, endsRecovery(err)
	case len(before) == 0:
		return RecoveryChecked{}, domain.ErrProved
	}
	return k.recoveryChecked(ctx, s)
}

func (k *call) recoveryChecked(ctx context.Context, s *domain.Recovery) (RecoveryChecked, error) {
	a, err := k.account(ctx, s.Proved.Account)
	if err != nil {
		return RecoveryChecked{}, err
	}
	out := RecoveryChecked{Needs: k.recoveryNeeds(a), Expires: s.Proved.Expires}
	if domain.RecoveryReady(out.Needs) {
		out.Needs = nil
	}
	if slices.ContainsFunc(out.Needs, func(w domain.RecoveryWay) bool { return slices.Contains(w, domain.RecoveryByPasskey) }) {
		id, _ := domain.ParseID(s.Fact.Stream[len("recovery-"):])
		out.Passkey, err = k.askPasskey(ctx, a.OnlyTried(k.now), domain.UseRecovery, id[:])
		if errors.Is(err, domain.ErrNoPasskeys) { // the other ways are open
			err = nil
		}
	}
	return out, err
}

// recoveryNeeds is what is to be shown besides the code to recover an account.
func (k *call) recoveryNeeds(a *domain.Account) []domain.RecoveryWay {
	return domain.RecoveryNeeds(a.RecoveryWays(k.Config.RecoveryWait > 0, k.now), domain.RecoveryByCode)
}

// proveRecovery records which account a recovery is of whose code was right, or that it has come to nothing. It can be repeated.
func (k *call) proveRecovery(ctx context.Context, r *domain.VerificationRequest) (*domain.Recovery, error) {
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if err != nil {
		return nil, endsRecovery(err)
	}
	digest := k.digest(spacePeople, contact)
	id, claim, err := k.claimOf(ctx, digest)
	if err != nil {
		return nil, err
	}
	a, err := k.ownerOf(ctx, digest, claim)
	if err != nil {
		return nil, err
	}
	if why := a.Begun(r.Fact.At, id); why != "" {
		_, err := k.lapseRecovery(ctx, r, about{}, why)
		return nil, errors.Join(domain.ErrRecoveryEnded, err)
	}
	out, err := change[*domain.Recovery]{stream: k.recoveryStream(domain.RecoveryID(r.ID)), mayKeep: true,
		about:  concerning[*domain.Recovery](ofAccount(a).after(r.Fact, r.Fact)),
		decide: func(_ context.Context, s *domain.Recovery, _ journal.Head) ([]any, error) { return s.Prove(a, id), nil }}.by(ctx, k)
	if err != nil {
		return nil, err
	}
	if out.state.Proved == nil {
		return nil, domain.ErrRecoveryEnded
	}
	return out.state, nil
}

// endsRecovery says of a code's refusal what it means for the recovery.
func endsRecovery(err error) error {
	switch {
	case errors.Is(err, domain.ErrEnded), errors.Is(err, journal.ErrUnreadable):
		return domain.ErrRecoveryEnded
	case errors.Is(err, domain.ErrVerified):
		return domain.ErrProved
	}
	return err
}
