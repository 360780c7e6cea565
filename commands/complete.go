package commands

import (
	"context"
	"errors"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/vault"
)

// A verified sign-up becomes an account in a chain of appends, each with an id derived from the request: claim the identifier,
// open the account, end the sign-up. Any process that finds the chain unfinished completes it.

// completeSignUp returns the account, ErrTaken if another account was quicker, or ErrEnded if the sign-up has lapsed.
func (k *call) completeSignUp(ctx context.Context, id domain.SignUpID) (domain.AccountID, error) {
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
			signUp, err = k.endSignUp(ctx, id, signUp, domain.SignUpLapsed{Reason: domain.LapseTaken, FirstOfDay: signUp.Requested.FirstOfDay})
		case err == nil:
			signUp, err = k.endSignUp(ctx, id, signUp, domain.SignUpCompleted{Account: account})
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

// endSignUp destroys a sign-up's key and secret and appends its end, unless it has ended: once the log says that it ended, nothing is
// left to do. It returns the sign-up as it ended.
func (k *call) endSignUp(ctx context.Context, id domain.SignUpID, s *domain.SignUp, end any) (*domain.SignUp, error) {
	a := about{region: s.Fact.Region}
	if done, ok := end.(domain.SignUpCompleted); ok {
		a.subject = done.Account
	} else if err := k.forgetElsewhere(s.AccountOf()); err != nil { // no account's erasure will include its messages
		return s, err
	}
	if err := k.forgetSignUp(ctx, id); err != nil {
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

func (k *call) forgetSignUp(ctx context.Context, id domain.SignUpID) error {
	return errors.Join(k.Vault.DestroySecrets(ctx, signUpSecret(id)), k.Journal.Destroy(ctx, domain.SignUpKey(id)))
}

// openAccount claims the identifier and opens the account. The version of the claim's stream decides races.
func (k *call) openAccount(ctx context.Context, id domain.SignUpID, s *domain.SignUp) (domain.AccountID, error) {
	account := s.AccountOf()
	contact, err := journal.Open(ctx, k.Journal, s.Fact, s.Requested.Contact)
	if err != nil {
		return account, err
	}
	birth, err := journal.Open(ctx, k.Journal, s.Fact, s.Requested.Birth)
	if err != nil {
		return account, err
	}
	claim, claimed, err := k.claimFor(ctx, k.digest(spacePeople, contact), id, s)
	if err != nil {
		return account, err
	}
	_, err = change[*domain.Account]{stream: k.accountStream(account), mayKeep: true,
		about: concerning[*domain.Account](about{subject: account, region: s.Fact.Region}.after(s.Fact, claimed)),
		decide: func(ctx context.Context, a *domain.Account, _ journal.Head) ([]any, error) {
			if a.Exists() {
				return nil, nil
			}
			return []any{domain.AccountOpened{SignUp: id, Claim: claim, Kind: contact.Kind, Language: s.Requested.Language, Rules: s.Requested.Rules,
				Capacity: s.Requested.Capacity, Contact: domain.Personal(contact, domain.AccountKey(account), domain.IdentifierKey(claim)),
				Birth: domain.Personal(birth, domain.AccountKey(account))}}, k.movePassword(ctx, id, account)
		}}.by(ctx, k)
	return account, err
}

// claimFor returns the account's claim on the identifier, and makes it if there is none.
func (k *call) claimFor(ctx context.Context, digest vault.Digest, id domain.SignUpID, s *domain.SignUp) (domain.ClaimID, domain.Fact, error) {
	account := s.AccountOf()
	for {
		made := uuid.New()
		row, err := k.Vault.InsertIdentifier(ctx, digest, made)
		if err != nil {
			return domain.ClaimID{}, domain.Fact{}, err
		}
		claim := domain.ClaimID{UUID: row}
		out, err := change[*domain.Claim]{stream: k.claimStream(claim), mayKeep: true, new: row == made,
			about: concerning[*domain.Claim](about{subject: account, region: s.Fact.Region}.after(s.Fact, s.Fact)),
			decide: func(_ context.Context, c *domain.Claim, _ journal.Head) ([]any, error) {
				switch {
				case c.Retired || c.Account == account:
					return nil, nil
				case c.Held():
					return nil, domain.ErrTaken
				}
				return []any{domain.IdentifierClaimed{Kind: s.Requested.Kind, Account: account, Completes: id}}, nil
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

// movePassword copies the hash to the account; the sign-up's is destroyed before the sign-up ends.
func (k *call) movePassword(ctx context.Context, id domain.SignUpID, account domain.AccountID) error {
	hash, err := k.Vault.Secret(ctx, signUpSecret(id))
	if errors.Is(err, vault.ErrDestroyed) { // a backup was made in between: the account already has it
		if _, there := k.Vault.Secret(ctx, accountSecret(account)); there == nil {
			return nil
		}
	}
	if err != nil {
		return err
	}
	return k.Vault.PutSecret(ctx, accountSecret(account), hash)
}

// SettleSignUp completes a verified sign-up, or lets one lapse that was not verified in time.
type SettleSignUp struct {
	ID domain.SignUpID `json:"id"`
}

// SettledSignUp says whether the sign-up has ended; otherwise it is not due yet.
type SettledSignUp struct {
	Ended bool
}

// settleSignUp is for the process that handles deadlines and finishes interrupted work. It does nothing before the deadline.
func (k *call) settleSignUp(ctx context.Context, in SettleSignUp) (SettledSignUp, error) {
	done := SettledSignUp{Ended: true}
	defer k.hold(domain.VerificationStream(in.ID))()
	signUp, err := stateOf(ctx, k.signUpStream(in.ID))
	if err != nil || signUp.Requested == nil || signUp.Ended() {
		return done, err
	}
	v, err := k.verification(ctx, in.ID, signUp)
	if err != nil {
		return done, err
	}
	switch {
	case v.Passed:
		_, err := k.completeSignUp(ctx, in.ID)
		if errors.Is(err, domain.ErrTaken) {
			err = nil
		}
		if signUp.Fact.Restored && gone(err) {
			return done, k.lapse(ctx, in.ID, signUp, v)
		}
		return done, err
	case signUp.Fact.Restored || !k.now.Before(signUp.Due()):
		return done, k.lapse(ctx, in.ID, signUp, v)
	}
	return SettledSignUp{}, nil
}

// lapse ends the verification first: its stream decides whether a code given at the same moment is too late.
func (k *call) lapse(ctx context.Context, id domain.SignUpID, s *domain.SignUp, v domain.Verification) error {
	reason := domain.LapseExpired
	if s.Fact.Restored {
		reason = domain.LapseRestored
	}
	if !v.Passed {
		c := k.changeProof(s, id, func(_ context.Context, now domain.Verification) ([]any, error) {
			if v = now; v.Passed || v.Ended != "" {
				return nil, nil
			}
			return []any{domain.VerificationEnded{Reason: domain.EndExpired, FirstOfDay: s.Requested.FirstOfDay}}, nil
		})
		c.about = concerning[*proof](about{region: s.Fact.Region}.after(s.Fact, s.Fact))
		if _, err := c.by(ctx, k); err != nil {
			return err
		}
		if v.Passed {
			return domain.ErrBusy.After(1) // the code was quicker; it is not too late to complete the sign-up
		}
	}
	if v.Ended == domain.EndTries {
		reason = domain.LapseTries
	}
	_, err := k.endSignUp(ctx, id, s, domain.SignUpLapsed{Reason: reason, FirstOfDay: s.Requested.FirstOfDay})
	return err
}
