package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// MessageToSend is a message to a person. It is personal and must go nowhere but to its address. Without an address there is
// nothing to send.
type MessageToSend struct {
	Kind     domain.Message
	Language domain.Language
	To       string
	Code     string
	Expires  time.Time
	Link     LinkToken // to a form that the code is typed into; empty if it has none
	LinkKind domain.LinkKind
	At       time.Time         // of the event that it tells of
	Client   domain.ClientInfo // that it tells of
	Until    time.Time         // that the event can be undone, or an address is held
	Erased   time.Time         // when the account of a MessageErasing is erased unless its owner cancels that
	// Subject is the account that the sign-up becomes, or that has the address; its erasure includes stored copies of the message.
	Subject domain.AccountID
	// State is how far the delivery has come.
	State DeliveryState
}

// message picks the message: a code for a free address, and word of the attempt for a taken one. Both take the same reads. For replaced
// or expired issues there is nothing to send.
func (k *call) message(ctx context.Context, in domain.MessageRequest) (MessageToSend, error) {
	var out MessageToSend
	if !in.Delivery.IsZero() {
		d, err := stateOf(ctx, k.deliveryStream(in.Delivery))
		if err != nil {
			return out, err
		}
		out.State = deliveryState(d)
	}
	if in.Telling != (domain.Telling{}) {
		if out.State.Ended {
			return out, nil
		}
		m, err := k.tell(ctx, in.Telling)
		if errors.Is(err, journal.ErrUnreadable) {
			return out, nil
		}
		m.State = out.State
		return m, err
	}
	r, signUp, err := k.requestOf(ctx, in.Verification)
	if err != nil || out.State.Ended || r == nil || r.Fact.Restored || signUp != nil && signUp.Ended() {
		return out, err
	}
	v, err := k.verification(ctx, r)
	if err != nil {
		return out, err
	}
	expires := v.IssuedAt.Add(domain.CodeLifetime)
	if v.Issue != in.Issue || v.Passed || v.Ended != "" || !k.now.Before(expires) {
		return out, nil
	}
	m, err := k.pick(ctx, r, v, signUp)
	if errors.Is(err, journal.ErrUnreadable) { // somebody's key is destroyed
		return out, nil
	}
	m.Expires, m.State = expires, out.State
	return m, err
}

// pick is the message about the current issue. One to a taken address goes to it as its owner wrote it, in the owner's language, and has
// nothing in it from the requester.
func (k *call) pick(ctx context.Context, r *domain.VerificationRequest, v domain.Verification, signUp *domain.SignUp) (MessageToSend, error) {
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if err != nil {
		return MessageToSend{}, err
	}
	id, claim, err := k.claimOf(ctx, k.digest(spacePeople, contact))
	if err != nil {
		return MessageToSend{}, err
	}
	taken := claim.Held() && claim.Account != r.Account
	owner := r.Account
	if taken {
		owner = claim.Account
	}
	a, err := k.account(ctx, owner)
	if err != nil {
		return MessageToSend{}, err
	}
	var language domain.Language // of who asks
	if signUp != nil {
		language = signUp.Requested.Language
	}
	if r.Purpose == domain.VerifyRecover {
		s, err := stateOf(ctx, k.recoveryStream(domain.RecoveryID(r.ID)))
		if err != nil || s.Ended() {
			return MessageToSend{}, err
		}
		language = s.Requested.Language
		if taken = taken && !standingOf(a).gone; !taken {
			owner = s.Nobody()
		}
	}
	m := MessageToSend{Kind: r.Purpose.Message(taken), Language: a.Language, Subject: owner}
	if m.Kind == "" { // somebody else has the address meanwhile, and it is none of theirs
		return MessageToSend{}, nil
	}
	from, part := r.Fact, r.Contact
	held, has := a.Contact(id)
	removed, canBack := a.RemovedContact(id)
	switch {
	case taken && canBack:
		m.Kind, m.Until, from, part = domain.MessageHeld, removed.Removal.UndoUntil, removed.Fact, removed.Contact
	case taken && !has, r.Purpose == domain.VerifySignIn && !has:
		return MessageToSend{}, nil
	case taken && r.Purpose == domain.VerifyRecover && k.now.Before(a.RecoversFrom(id)):
		m.Kind, m.Until, from, part = domain.MessageTooNew, a.RecoversFrom(id), held.Fact, held.Contact
	case taken:
		if m.Kind == domain.MessageExists && a.Erasure.UnderWay() {
			m.Kind, m.Erased = domain.MessageErasing, a.Erasure.Due
		}
		from, part = held.Fact, held.Contact
	case language != "":
		m.Language = language
	}
	if contact, err = journal.Open(ctx, k.Journal, from, part); err != nil {
		return MessageToSend{}, err
	}
	if m.To = contact.Typed; r.Purpose.Codes(taken) && m.Kind != domain.MessageHeld && m.Kind != domain.MessageTooNew {
		m.Code = k.code(r, v, contact)
	}
	return m, nil
}
