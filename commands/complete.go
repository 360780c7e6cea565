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

// step appends one step of a chain; the ids derive from the chain's first event.
func (k *call) step(ctx context.Context, head journal.Head, origin, cause domain.Fact, a about, events ...any) (journal.Committed, error) {
	m := domain.Metadata{At: k.now, Command: k.command, Actor: k.Caller.Actor, Subject: a.subject, Region: a.region, Channel: k.Channel,
		Correlation: origin.ID, Causation: cause.ID}
	entries := make([]journal.Entry, len(events))
	for i, e := range events {
		id := domain.EventID{UUID: domain.Derive(origin.ID.UUID, head.Stream, uint64(head.Version+1+int64(i)))} //nolint:gosec // versions are not negative
		entries[i] = journal.Entry{ID: id, Metadata: m, Event: e}
	}
	done, err := k.append(ctx, head, entries...)
	if err == nil {
		k.position = done.Position
	}
	return done, err
}

// completeSignUp returns the account, ErrTaken if another account was quicker, or ErrEnded if the sign-up has lapsed.
func (k *call) completeSignUp(ctx context.Context, id domain.SignUpID) (domain.AccountID, error) {
	var account domain.AccountID
	err := retry(ctx, func(ctx context.Context) error {
		signUp, head, err := k.signUpAnd(ctx, id)
		switch {
		case err != nil:
			return err
		case !signUp.Account.IsZero():
			account = signUp.Account
			return k.forgetSignUp(ctx, id)
		case signUp.Lapsed != "":
			return errors.Join(domain.ErrEnded, k.forgetSignUp(ctx, id))
		}
		account, err = k.openAccount(ctx, id, signUp)
		if errors.Is(err, domain.ErrTaken) {
			return errors.Join(err, k.endSignUp(ctx, id, signUp, head, domain.SignUpLapsed{Reason: domain.LapseTaken, FirstOfDay: signUp.Requested.FirstOfDay}))
		} else if err != nil {
			return err
		}
		return k.endSignUp(ctx, id, signUp, head, domain.SignUpCompleted{Account: account})
	})
	return account, err
}

// endSignUp appends the end of a sign-up and destroys its key and secret.
func (k *call) endSignUp(ctx context.Context, id domain.SignUpID, s *domain.SignUp, head journal.Head, end any) error {
	a := about{region: s.Fact.Region}
	if done, ok := end.(domain.SignUpCompleted); ok {
		a.subject = done.Account
	}
	if _, err := k.step(ctx, head, s.Fact, s.Fact, a, end); err != nil {
		return err
	}
	if a.subject.IsZero() { // it lapsed: no account's erasure will include its messages
		if err := k.forgetElsewhere(s.AccountOf()); err != nil {
			return err
		}
	}
	return k.forgetSignUp(ctx, id)
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
	_, head, err := k.account(ctx, account)
	if err != nil || head.Exists() {
		return account, err
	}
	if err := k.movePassword(ctx, id, account); err != nil {
		return account, err
	}
	opened := domain.AccountOpened{SignUp: id, Claim: claim, Kind: contact.Kind, Language: s.Requested.Language, Rules: s.Requested.Rules,
		Capacity: s.Requested.Capacity, Contact: domain.Personal(contact, domain.AccountKey(account), domain.IdentifierKey(claim)),
		Birth: domain.Personal(birth, domain.AccountKey(account))}
	_, err = k.step(ctx, head, s.Fact, claimed, about{subject: account, region: s.Fact.Region}, opened)
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
		state, head := &domain.Claim{}, journal.NoStream(domain.IdentifierStream(claim))
		if row != made { // otherwise probably nobody has claimed it yet; if somebody has, there is a conflict
			state, head, err = k.claim(ctx, claim)
		}
		switch {
		case err != nil:
			return claim, domain.Fact{}, err
		case state.Retired: // an erasure is about to delete the row: do so, then claim again
			if err := k.Vault.DeleteIdentifier(ctx, row); err != nil {
				return claim, domain.Fact{}, err
			}
			continue
		case state.Account == account:
			return claim, state.Since, nil
		case state.Held():
			return claim, domain.Fact{}, domain.ErrTaken
		}
		done, err := k.step(ctx, head, s.Fact, s.Fact, about{subject: account, region: s.Fact.Region},
			domain.IdentifierClaimed{Kind: s.Requested.Kind, Account: account, Completes: id})
		if err != nil {
			return claim, domain.Fact{}, err
		}
		return claim, done.Facts[0], nil
	}
}

// movePassword copies the hash to the account; the sign-up's is destroyed when the sign-up ends.
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
	defer k.streams.hold(domain.VerificationStream(in.ID))()
	signUp, head, err := k.signUpAnd(ctx, in.ID)
	if err != nil || signUp.Requested == nil {
		return done, err
	}
	if signUp.Ended() {
		return done, k.forgetSignUp(ctx, in.ID)
	}
	v, proving, err := k.verification(ctx, in.ID, signUp, nil)
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
			return done, k.lapse(ctx, in.ID, signUp, head, v, proving)
		}
		return done, err
	case signUp.Fact.Restored || !k.now.Before(signUp.Due()):
		return done, k.lapse(ctx, in.ID, signUp, head, v, proving)
	}
	return SettledSignUp{}, nil
}

// lapse ends the verification first: its stream decides whether a code given at the same moment is too late.
func (k *call) lapse(ctx context.Context, id domain.SignUpID, s *domain.SignUp, head journal.Head, v domain.Verification, proving journal.Head) error {
	reason := domain.LapseExpired
	if s.Fact.Restored {
		reason = domain.LapseRestored
	}
	switch {
	case v.Ended == domain.EndTries:
		reason = domain.LapseTries
	case v.Ended == "" && !v.Passed:
		if _, err := k.step(ctx, proving, s.Fact, s.Fact, about{region: s.Fact.Region}, domain.VerificationEnded{Reason: domain.EndExpired, FirstOfDay: s.Requested.FirstOfDay}); err != nil {
			return err
		}
	}
	return k.endSignUp(ctx, id, s, head, domain.SignUpLapsed{Reason: reason, FirstOfDay: s.Requested.FirstOfDay})
}
