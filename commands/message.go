package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// MessageToSend is a message to a person. It is personal and must go nowhere but to its address. The zero value means there is
// nothing to send.
type MessageToSend struct {
	Kind     domain.Message
	Language domain.Language
	To       string
	Code     string
	Expires  time.Time
	// Subject is the account that the sign-up becomes, or that has the address; its erasure includes stored copies of the message.
	Subject domain.AccountID
	Region  domain.Region
	// Limits is a keyed hash of the address, under which its deliveries are counted.
	Limits [32]byte
}

// message picks the message: a code for a free address, and word of the attempt for a taken one. For replaced or expired issues there
// is nothing to send.
func (k *call) message(ctx context.Context, in domain.MessageRequest) (MessageToSend, error) {
	r, signUp, err := k.requestOf(ctx, in.Verification)
	if err != nil || r == nil || r.Fact.Restored || signUp != nil && signUp.Ended() {
		return MessageToSend{}, err
	}
	v, err := k.verification(ctx, r)
	if err != nil {
		return MessageToSend{}, err
	}
	expires := v.IssuedAt.Add(domain.CodeLifetime)
	if v.Issue != in.Issue || v.Passed || v.Ended != "" || !k.now.Before(expires) {
		return MessageToSend{}, nil
	}
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return MessageToSend{}, nil
	} else if err != nil {
		return MessageToSend{}, err
	}
	digest := k.digest(spacePeople, contact)
	m := MessageToSend{Kind: r.Purpose.Message(false), To: contact.Typed, Expires: expires, Subject: r.Account, Region: r.Fact.Region}
	if m.Language, err = k.languageFor(ctx, r, signUp); err != nil {
		return MessageToSend{}, err
	}
	if m.Limits, err = k.dayHash(ctx, "deliveries", digest, domain.DayOf(v.IssuedAt)); err != nil {
		return MessageToSend{}, err
	}
	id, claim, err := k.claimOf(ctx, digest)
	if err != nil {
		return MessageToSend{}, err
	}
	if claim.Held() && claim.Account != r.Account {
		return k.takenMessage(ctx, r, m, id, claim)
	}
	m.Code = k.code(r, v, contact)
	return m, nil
}

// languageFor is the language of a message about a verification: the sign-up's, or the account's.
func (k *call) languageFor(ctx context.Context, r *domain.VerificationRequest, signUp *domain.SignUp) (domain.Language, error) {
	if signUp != nil {
		return signUp.Requested.Language, nil
	}
	a, err := k.account(ctx, r.Account)
	return a.Language, err
}

// takenMessage goes to the stored address in the account's language; it has nothing in it from the requester.
func (k *call) takenMessage(ctx context.Context, r *domain.VerificationRequest, m MessageToSend, id domain.ClaimID,
	claim *domain.Claim) (MessageToSend, error) {
	a, err := k.account(ctx, claim.Account)
	if err != nil || a.Open() != nil {
		return MessageToSend{}, err
	}
	held, ok := a.Contact(id)
	if !ok {
		return MessageToSend{}, nil
	}
	contact, err := journal.Open(ctx, k.Journal, held.Fact, held.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return MessageToSend{}, nil
	} else if err != nil {
		return MessageToSend{}, err
	}
	m.Kind, m.Language, m.To, m.Subject, m.Region = r.Purpose.Message(true), a.Language, contact.Typed, a.ID, a.Region
	return m, nil
}
