package commands

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/journal"
)

// needsCode says whether a person's sign-in with the right password needs a code. guessed: there were too many wrong passwords in a row.
func (k *call) needsCode(in *beginning, known, guessed bool) bool {
	return (k.Config.Unusual == UnusualCode || guessed) && !known && len(in.unusual) > 0
}

// askForCode begins a sign-in that a code continues, which is sent to the account's primary address. Three appends: the message's
// place in the account's budget, the sign-in, and the verification that asks for the message. A crash between them leaves a sign-in that
// nobody can continue, or that the repeat does.
func (k *call) askForCode(ctx context.Context, in beginning, needs []domain.AuthMethod) (SignedIn, error) {
	id, who := k.signInID(), in.holder
	verification, a := domain.VerificationID(id), ofAccount(who.account)
	primary := who.account.Primary()
	contact, err := journal.Open(ctx, k.Journal, primary.Fact, primary.Contact)
	if err != nil {
		return SignedIn{}, err
	}
	request := domain.VerificationRequested{Purpose: domain.VerifySignIn, Kind: contact.Kind, Medium: domain.MediumEmail, Account: who.account.ID,
		Contact: domain.Personal(contact, domain.AccountKey(who.account.ID), domain.VerificationKey(verification))}
	if request.LongCode, err = k.guessed(ctx, contact); err != nil {
		return SignedIn{}, err
	}
	before, err := k.proofStream(verification).read(ctx)
	if err != nil {
		return SignedIn{}, err
	}
	if before.state.request == nil {
		asked := domain.VerificationRequest{ID: verification, VerificationRequested: request}
		if request.Delivery, err = k.admit(ctx, k.admissionOf(&asked, contact, 1, a)); err != nil {
			return SignedIn{}, err
		}
	}
	pending, fact, err := k.beginSignIn(ctx, in, needs)
	if err != nil {
		return SignedIn{}, err
	}
	request.HandleHash = domain.HashHandle(pending.Handle)
	if _, err = (change[*proof]{stream: k.proofStream(verification), about: concerning[*proof](a.after(fact, fact)), mayKeep: true,
		decide: func(_ context.Context, p *proof, _ journal.Head) ([]any, error) {
			if p.request != nil {
				return nil, nil
			}
			return []any{request}, nil
		}}).by(ctx, k); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Pending: pending}, nil
}

// codeRequest is the request of the code that a sign-in needs.
func (k *call) codeRequest(ctx context.Context, id domain.SignInID) (*domain.VerificationRequest, error) {
	p, err := stateOf(ctx, k.proofStream(domain.VerificationID(id)))
	if err == nil && p.request == nil { // a crash left the sign-in without one
		err = domain.ErrSignInEnded
	}
	if err != nil {
		return nil, err
	}
	return p.request, nil
}

// endsSignIn says of a code's refusal what it means for the sign-in.
func endsSignIn(err error) error {
	for _, over := range []error{domain.ErrEnded, domain.ErrVerified, domain.ErrCodeExpired, journal.ErrUnreadable} {
		if errors.Is(err, over) {
			return domain.ErrSignInEnded
		}
	}
	return err
}
