package domain

import (
	"fmt"
	"time"
)

// SignUpLifetime is how long a sign-up can be verified; then it lapses and its key is destroyed.
const SignUpLifetime = 24 * time.Hour

// SignUpRequested: somebody asked for an account under an identifier that is not verified yet. The event is the same whether
// or not the identifier is taken.
type SignUpRequested struct {
	Kind       IdentifierKind     `json:"kind"`
	Language   Language           `json:"language"`
	Rules      Rules              `json:"rules"`
	Capacity   Capacity           `json:"capacity"`
	HandleHash Hash               `json:"handle_hash"` // of the handle in the answer, which check and resend require
	LongCode   bool               `json:"long_code,omitzero"`
	Delivery   DeliveryID         `json:"delivery"` // of the message it asks for
	Contact    Part[Contact]      `json:"contact"`
	Birth      Part[BirthMonth]   `json:"birth_month"`
	Hash       Part[PasswordHash] `json:"password_hash"`
}

// SignUpCompleted: the identifier was verified and the account exists.
type SignUpCompleted struct {
	Account     AccountID `json:"account"`
	RequestedOn Day       `json:"requested_on"`
	Took        Took      `json:"took"`
	Nth         Nth       `json:"nth"` // the number of the code tried that was right
}

// LapseReason is why a sign-up did not become an account.
type LapseReason string

// Reasons.
const (
	LapseExpired  LapseReason = "expired"
	LapseTaken    LapseReason = "taken" // verified, but another account was quicker
	LapseTries    LapseReason = "too_many_tries"
	LapseRestored LapseReason = "restored"
)

// Validate refuses unknown values.
func (r LapseReason) Validate() error {
	return oneOf(r, LapseExpired, LapseTaken, LapseTries, LapseRestored)
}

// SignUpLapsed: it did not become an account; its key is destroyed.
type SignUpLapsed struct {
	Reason      LapseReason `json:"reason"`
	RequestedOn Day         `json:"requested_on"`
}

// SignUp is the state of a sign-up.
type SignUp struct {
	Requested *SignUpRequested
	Fact      Fact // the request's
	Account   AccountID
	Lapsed    LapseReason
}

// Fork returns a copy to apply facts to; see forked.
func (s *SignUp) Fork() *SignUp {
	next := *s
	return &next
}

// Apply applies a fact to the state.
func (s *SignUp) Apply(f Fact) error {
	switch e := f.Event.(type) {
	case SignUpRequested:
		s.Requested, s.Fact = &e, f
	case SignUpCompleted:
		s.Account = e.Account
	case SignUpLapsed:
		s.Lapsed = e.Reason
	default:
		return unexpected(f)
	}
	return nil
}

// Verifiable reports whether it can still be verified; a restore ends those that started before it.
func (s *SignUp) Verifiable() bool { return !s.Ended() && !s.Fact.Restored }

// Ended reports whether it was completed or lapsed.
func (s *SignUp) Ended() bool { return !s.Account.IsZero() || s.Lapsed != "" }

// Complete gives the event that ends a sign-up as an account, whose verification passed at the n-th code tried.
func (s *SignUp) Complete(account AccountID, nth Nth, now time.Time) SignUpCompleted {
	return SignUpCompleted{Account: account, RequestedOn: DayOf(s.Fact.At), Took: TookBetween(s.Fact.At, now), Nth: nth}
}

// Lapse gives the event that ends a sign-up without an account.
func (s *SignUp) Lapse(why LapseReason) SignUpLapsed {
	return SignUpLapsed{Reason: why, RequestedOn: DayOf(s.Fact.At)}
}

// ID is the sign-up's id, which is also its verification's.
func (s *SignUp) ID() (SignUpID, bool) {
	id, ok := ParseID(afterDash(s.Fact.Stream))
	return SignUpID{id}, ok && s.Requested != nil
}

// Due is when it lapses unless verified.
func (s *SignUp) Due() time.Time { return s.Fact.At.Add(SignUpLifetime) }

// AccountOf is the account that a sign-up becomes; its id derives from the request.
func (s *SignUp) AccountOf() AccountID { return openedBy(s.Fact) }

func openedBy(request Fact) AccountID { return AccountID{Derive(request.ID.UUID, "account")} }

func unexpected(f Fact) error {
	if _, passed := f.Event.(PassedOver); passed {
		return nil
	}
	return fmt.Errorf("domain: %s at version %d has an event it cannot have: %s", f.Stream, f.Version, f.Type)
}

func afterDash(stream string) string {
	for i := range stream {
		if stream[i] == '-' {
			return stream[i+1:]
		}
	}
	return ""
}
