package commands

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// complete does what a passed verification is for, and returns the account that it is about. It can be repeated: each purpose is a
// chain of appends with ids derived from the request, and any process that finds one unfinished completes it. The verification passed at
// the nth code tried.
func (k *call) complete(ctx context.Context, r *domain.VerificationRequest, nth domain.Nth) (domain.AccountID, error) {
	switch r.Purpose {
	case domain.VerifySignUp:
		return k.completeSignUp(ctx, domain.SignUpID(r.ID), nth)
	case domain.VerifyAddContact:
		return k.attachContact(ctx, r)
	case domain.VerifySignIn, domain.VerifyRecover: // by who has its handle, and nobody else
	}
	return r.Account, domain.ErrEnded
}

// proofEnded reports whether nothing is left to do for a verification: it failed, or what it is for is done.
func (k *call) proofEnded(ctx context.Context, r *domain.VerificationRequest, signUp *domain.SignUp) (bool, error) {
	if signUp != nil {
		return signUp.Ended(), nil
	}
	if r.Purpose == domain.VerifyRecover {
		s, err := stateOf(ctx, k.recoveryStream(domain.RecoveryID(r.ID)))
		return err == nil && (s.Proved != nil || s.Ended()), err
	}
	v, err := k.verification(ctx, r)
	if err != nil || v.Ended != "" || !v.Passed {
		return v.Ended != "", err
	}
	if r.Purpose == domain.VerifySignIn {
		s, err := stateOf(ctx, k.signInStream(domain.SignInID(r.ID)))
		return err == nil && !s.Passed.IsZero(), err
	}
	a, err := k.account(ctx, r.Account)
	return err == nil && a.AttachedBy(r.ID), err
}

// A verified sign-up becomes an account: claim the identifier, open the account, end the sign-up.

// completeSignUp returns the account, ErrTaken if another account was quicker, or ErrEnded if the sign-up has lapsed.
func (k *call) completeSignUp(ctx context.Context, id domain.SignUpID, nth domain.Nth) (domain.AccountID, error) {
	signUp, err := stateOf(ctx, k.signUpStream(id))
	if err != nil {
		return domain.AccountID{}, err
	}
	if !signUp.Ended() {
		var account domain.AccountID
		account, err = k.openAccount(ctx, id, signUp)
		if errors.Is(err, journal.ErrUnreadable) { // its end was under way
			account, err = k.openedBefore(again(ctx), signUp)
		}
		switch {
		case errors.Is(err, domain.ErrTaken):
			signUp, err = k.endSignUp(ctx, id, signUp, signUp.Lapse(domain.LapseTaken))
		case err == nil:
			signUp, err = k.endSignUp(ctx, id, signUp, signUp.Complete(account, nth, k.now))
		}
		if err != nil {
			return account, err
		}
		if signUp.Lapsed == domain.LapseTaken {
			return account, domain.ErrTaken
		}
	}
	if signUp.Account.IsZero() {
		return signUp.Account, domain.ErrEnded
	}
	return signUp.Account, nil
}

// openedBefore is the outcome of a verified sign-up whose key is destroyed although the log does not say how it ended: its account
// exists, or it was to lapse because another one was quicker. After a restore the key says nothing of this log.
func (k *call) openedBefore(ctx context.Context, s *domain.SignUp) (domain.AccountID, error) {
	a, err := k.account(ctx, s.AccountOf())
	switch {
	case err != nil || a.Exists():
		return s.AccountOf(), err
	case s.Fact.Restored:
		return s.AccountOf(), journal.ErrUnreadable
	}
	return s.AccountOf(), domain.ErrTaken
}

// endSignUp destroys a sign-up's key and appends its end, unless it has ended: once the log says that it ended, nothing is
// left to do. It returns the sign-up as it ended.
func (k *call) endSignUp(ctx context.Context, id domain.SignUpID, s *domain.SignUp, end any) (*domain.SignUp, error) {
	a := about{region: s.Fact.Region}
	if done, ok := end.(domain.SignUpCompleted); ok {
		a.subject = done.Account
	} else if err := k.forgetElsewhere(s.AccountOf()); err != nil { // no account's erasure will include its messages
		return s, err
	}
	if err := k.Journal.Destroy(ctx, domain.SignUpKey(id)); err != nil {
		return s, err
	}
	out, err := change[*domain.SignUp]{stream: k.signUpStream(id), about: concerning[*domain.SignUp](a.after(s.Fact, s.Fact)), mayKeep: true,
		decide: func(_ context.Context, now *domain.SignUp, _ journal.Head) ([]any, error) {
			if now.Ended() {
				return nil, nil
			}
			return []any{end}, nil
		}}.by(ctx, k)
	return out.state, err
}

// openAccount claims the identifier and opens the account. The version of the claim's stream decides races.
func (k *call) openAccount(ctx context.Context, id domain.SignUpID, s *domain.SignUp) (domain.AccountID, error) {
	account := s.AccountOf()
	var contact domain.Contact
	var birth domain.BirthMonth
	var hash domain.PasswordHash
	opened := []*journal.Opening{journal.ToOpen(s.Fact, s.Requested.Contact, &contact), journal.ToOpen(s.Fact, s.Requested.Birth, &birth),
		journal.ToOpen(s.Fact, s.Requested.Hash, &hash)}
	if err := k.Journal.OpenAll(ctx, opened...); err != nil {
		return account, err
	}
	if opened[0].Gone {
		return account, journal.ErrUnreadable
	}
	request, _ := domain.RequestOf(s.Fact)
	claim, claimed, err := k.claimFor(ctx, k.digest(spacePeople, contact), &request)
	if err != nil {
		return account, err
	}
	_, err = change[*domain.Account]{stream: k.accountStream(account), mayKeep: true,
		about: concerning[*domain.Account](about{subject: account, region: s.Fact.Region}.after(s.Fact, claimed)),
		decide: func(_ context.Context, a *domain.Account, _ journal.Head) ([]any, error) {
			if a.Exists() {
				return nil, nil
			}
			return []any{domain.AccountOpened{SignUp: id, Claim: claim, Kind: contact.Kind, Language: s.Requested.Language, Rules: s.Requested.Rules,
				Capacity: s.Requested.Capacity, Contact: domain.Personal(contact, domain.AccountKey(account), domain.IdentifierKey(claim)),
				Birth: domain.Personal(birth, domain.AccountKey(account)),
				Hash:  domain.Personal(hash, domain.AccountKey(account), domain.PasswordKey(domain.FirstPassword(id)))}}, nil
		}}.by(ctx, k)
	return account, err
}

// claimFor returns the claim that a verification's account has on the identifier, and makes it if there is none: ErrTaken if another
// account has one.
func (k *call) claimFor(ctx context.Context, digest vault.Digest, r *domain.VerificationRequest) (domain.ClaimID, domain.Fact, error) {
	for n := uint64(0); ; n++ {
		made := claimBy(r, n)
		row, err := k.Vault.InsertIdentifier(ctx, digest, made.UUID)
		if err != nil {
			return domain.ClaimID{}, domain.Fact{}, err
		}
		claim := domain.ClaimID{UUID: row}
		out, err := change[*domain.Claim]{stream: k.claimStream(claim), mayKeep: true, new: claim == made,
			about: concerning[*domain.Claim](about{subject: r.Account, region: r.Fact.Region}.after(r.Fact, r.Fact)),
			decide: func(_ context.Context, c *domain.Claim, _ journal.Head) ([]any, error) {
				switch {
				case c.Retired || c.Account == r.Account:
					return nil, nil
				case c.Held():
					return nil, domain.ErrTaken
				}
				return []any{domain.IdentifierClaimed{Kind: r.Kind, Account: r.Account, Completes: r.ID, Purpose: r.Purpose}}, nil
			}}.by(ctx, k)
		switch {
		case err != nil:
			return claim, domain.Fact{}, err
		case !out.state.Retired:
			return claim, out.state.Since, nil
		}
		if err := k.Vault.DeleteIdentifier(ctx, row); err != nil { // an erasure is about to: then claim again
			return claim, domain.Fact{}, err
		}
	}
}

// claimBy is the n-th claim that a verification makes; it makes another only once one was retired. It derives from the request, so
// that it is found even when nobody can read the address any more.
func claimBy(r *domain.VerificationRequest, n uint64) domain.ClaimID {
	return domain.ClaimID{UUID: domain.Derive(r.Fact.ID.UUID, "claim", n)}
}

// SettleVerification completes a verification that has passed, or ends one that did not pass in time.
type SettleVerification struct {
	ID domain.VerificationID `json:"id"`
}

// Settled says whether the verification has ended and nothing is left to do; otherwise it is not due yet.
type Settled struct {
	Ended bool
}

// settleVerification is for the process that handles deadlines and finishes interrupted work. It does nothing before the deadline.
func (k *call) settleVerification(ctx context.Context, in SettleVerification) (Settled, error) {
	defer k.hold(domain.VerificationStream(in.ID))()
	r, signUp, err := k.requestOf(ctx, in.ID)
	if err != nil || r == nil {
		return Settled{Ended: true}, err
	}
	v, err := k.verification(ctx, r)
	if err != nil {
		return Settled{Ended: true}, err
	}
	if r.Purpose == domain.VerifyRecover {
		return k.settleRecovery(ctx, r, v)
	}
	ended, err := k.proofEnded(ctx, r, signUp)
	if err != nil {
		return Settled{Ended: true}, err
	}
	over := r.Fact.Restored || !k.now.Before(r.Due())
	switch {
	case ended && signUp != nil: // its key and its password went before that was recorded
	case ended:
		err = errors.Join(k.noteMissed(ctx, r, v), k.Journal.Destroy(ctx, domain.VerificationKey(r.ID)))
	case v.Passed && r.Purpose == domain.VerifySignIn && !over:
		return Settled{}, nil // the person who gave the code may still sign in
	case v.Passed && r.Purpose != domain.VerifySignIn:
		_, err = k.complete(ctx, r, v.PassedAt)
		if isRefusal(err) { // recorded
			err = nil
		}
		if signUp != nil && r.Fact.Restored && gone(err) {
			err = k.lapse(ctx, r, signUp, v)
		}
	case over && signUp != nil:
		err = k.lapse(ctx, r, signUp, v)
	case over && r.Fact.Restored:
		err = k.endProof(ctx, r, domain.EndRestored)
	case over:
		err = k.endProof(ctx, r, domain.EndExpired)
	default:
		return Settled{}, nil
	}
	return Settled{Ended: true}, err
}

// isRefusal reports whether what a verification was for cannot be done, which its end records.
func isRefusal(err error) bool {
	for _, refusal := range []error{domain.ErrTaken, domain.ErrContacts, domain.ErrHeld, domain.ErrClosing, domain.ErrNotFound, domain.ErrEnded} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// lapse ends the verification of a sign-up first: its stream decides whether a code given at the same moment is too late.
func (k *call) lapse(ctx context.Context, r *domain.VerificationRequest, s *domain.SignUp, v domain.Verification) (err error) {
	reason := domain.LapseExpired
	if r.Fact.Restored {
		reason = domain.LapseRestored
	}
	if !v.Passed {
		if v, err = k.stopProof(ctx, r, domain.EndExpired); err != nil {
			return err
		}
	}
	if v.Ended == domain.EndTries {
		reason = domain.LapseTries
	}
	_, err = k.endSignUp(ctx, domain.SignUpID(r.ID), s, s.Lapse(reason))
	return err
}

// stopProof ends a verification that has not passed, unless it has ended.
func (k *call) stopProof(ctx context.Context, r *domain.VerificationRequest, why domain.VerificationEndReason) (v domain.Verification, err error) {
	c := k.changeProof(r, func(_ context.Context, now domain.Verification) ([]any, error) {
		if v = now; v.Passed || v.Ended != "" {
			return nil, nil
		}
		return []any{r.End(why)}, nil
	})
	c.about = concerning[*proof](ofRequest(r).after(r.Fact, r.Fact))
	if _, err = c.by(ctx, k); err == nil && v.Passed {
		err = domain.ErrBusy.After(1) // the code was quicker; it is not too late to complete what it is for
	}
	return v, err
}
