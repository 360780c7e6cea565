package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Message asks what to send for an event: a sign-up, or a new issue of its verification.
type Message struct {
	SignUp domain.SignUpID `json:"sign_up"`
	Issue  int             `json:"issue"`
}

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

// message picks the message: a code for a free address, "you have an account" for a taken one. For replaced or expired issues
// there is nothing to send.
func (k *call) message(ctx context.Context, in Message) (MessageToSend, error) {
	signUp, err := stateOf(ctx, k.signUpStream(in.SignUp))
	if err != nil || signUp.Requested == nil || !signUp.Verifiable() {
		return MessageToSend{}, err
	}
	v, err := k.verification(ctx, in.SignUp, signUp)
	if err != nil {
		return MessageToSend{}, err
	}
	expires := v.IssuedAt.Add(domain.CodeLifetime)
	if v.Issue != in.Issue || v.Passed || v.Ended != "" || !k.now.Before(expires) {
		return MessageToSend{}, nil
	}
	contact, err := journal.Open(ctx, k.Journal, signUp.Fact, signUp.Requested.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return MessageToSend{}, nil
	} else if err != nil {
		return MessageToSend{}, err
	}
	digest := k.digest(spacePeople, contact)
	m := MessageToSend{Kind: domain.MessageCode, Language: signUp.Requested.Language, To: contact.Typed, Expires: expires,
		Subject: signUp.AccountOf(), Region: signUp.Fact.Region}
	if m.Limits, err = k.dayHash(ctx, "deliveries", digest, domain.DayOf(v.IssuedAt)); err != nil {
		return MessageToSend{}, err
	}
	_, claim, err := k.claimOf(ctx, digest)
	if err != nil {
		return MessageToSend{}, err
	}
	if claim.Held() {
		return k.existsMessage(ctx, m, claim)
	}
	m.Code = k.code(in.SignUp, v, contact)
	return m, nil
}

// existsMessage goes to the stored address in the account's language; it has nothing in it from the requester.
func (k *call) existsMessage(ctx context.Context, m MessageToSend, claim *domain.Claim) (MessageToSend, error) {
	a, err := k.account(ctx, claim.Account)
	if err != nil || a.Open() != nil {
		return MessageToSend{}, err
	}
	contact, err := journal.Open(ctx, k.Journal, a.OpenedFact, a.Opened.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return MessageToSend{}, nil
	} else if err != nil {
		return MessageToSend{}, err
	}
	m.Kind, m.Language, m.To, m.Subject, m.Region = domain.MessageExists, a.Language, contact.Typed, a.ID, a.Region
	return m, nil
}
