package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Message asks what to send because of an event: a sign-up, or a new issue of its verification.
type Message struct {
	SignUp domain.SignUpID `json:"sign_up"`
	Issue  int             `json:"issue"`
}

// MessageToSend is a message to a person. It is personal: it goes to its address and nowhere else. The zero value means: nothing.
type MessageToSend struct {
	Kind     domain.Message
	Language domain.Language
	To       string
	Code     string
	Expires  time.Time
	// Subject is the account that the sign-up becomes, or that has the address; what is kept of the message goes with it.
	Subject domain.AccountID
	Region  domain.Region
	// Limits is a keyed hash of the address: it names the deliveries that count against the address's limits.
	Limits [32]byte
}

// message picks the message: a code for a free address, "you have an account" for a taken one. An issue that a newer one
// has replaced, and what has expired, give nothing.
func (k *call) message(ctx context.Context, in Message) (MessageToSend, error) {
	signUp, err := k.signUpState(ctx, in.SignUp)
	if err != nil || signUp.Requested == nil || !signUp.Verifiable() {
		return MessageToSend{}, err
	}
	v, _, err := k.verification(ctx, in.SignUp, signUp, nil)
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

// existsMessage goes to the stored address, in the account's language: nothing that the requester wrote is in it.
func (k *call) existsMessage(ctx context.Context, m MessageToSend, claim *domain.Claim) (MessageToSend, error) {
	a, _, err := k.account(ctx, claim.Account)
	if err != nil || a.Open() != nil {
		return MessageToSend{}, err
	}
	contact, err := journal.Open(ctx, k.Journal, a.OpenedFact, a.Opened.Contact)
	if errors.Is(err, journal.ErrUnreadable) {
		return MessageToSend{}, nil
	} else if err != nil {
		return MessageToSend{}, err
	}
	m.Kind, m.Language, m.To, m.Subject, m.Region = domain.MessageExists, a.Opened.Language, contact.Typed, a.ID, a.Region
	return m, nil
}
