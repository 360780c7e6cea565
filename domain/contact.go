package domain

import (
	"slices"
	"time"
)

// MaxContacts is how many addresses of one kind an account has at most.
const MaxContacts = 3

// ContactAttached: the account has another address, which was proven. Reading it takes both the account's key and the identifier's.
// The address that an account was opened with is its first contact.
type ContactAttached struct {
	Claim        ClaimID        `json:"claim"`
	Kind         IdentifierKind `json:"kind"`
	Verification VerificationID `json:"verification"`
	First        First          `json:"first_of,omitzero"` // of the account's additions
	Contact      Part[Contact]  `json:"contact"`
}

// AccountContact is a proven address of an account.
type AccountContact struct {
	ContactAttached
	Fact Fact // that attached it
}

func (a *Account) attach(f Fact, c ContactAttached) {
	a.Contacts = append(slices.Clip(a.Contacts), AccountContact{c, f})
}

// Contact finds the contact that has a claim.
func (a *Account) Contact(claim ClaimID) (AccountContact, bool) {
	at := slices.IndexFunc(a.Contacts, func(c AccountContact) bool { return c.Claim == claim })
	if at < 0 {
		return AccountContact{}, false
	}
	return a.Contacts[at], true
}

// MayAttach refuses another contact of a kind: ErrContacts if the account has as many as it can have.
func (a *Account) MayAttach(kind IdentifierKind) error {
	if err := a.Open(); err != nil {
		return err
	}
	n := 0
	for _, c := range a.Contacts {
		if c.Kind == kind {
			n++
		}
	}
	if n >= MaxContacts {
		return ErrContacts
	}
	return nil
}

// Attach decides on a contact whose verification has passed. It changes nothing if the contact is attached already.
func (a *Account) Attach(c ContactAttached, now time.Time) ([]any, error) {
	if _, attached := a.Contact(c.Claim); attached {
		return nil, nil
	}
	if err := a.MayAttach(c.Kind); err != nil {
		return nil, err
	}
	var last time.Time
	if n := len(a.Contacts); n > 1 { // the first is the account's own
		last = a.Contacts[n-1].Fact.At
	}
	c.First = FirstOf(last, a.when(now))
	return []any{c}, nil
}
