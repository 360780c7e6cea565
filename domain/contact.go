package domain

import (
	"slices"
	"time"
)

const (
	// MaxContacts is how many addresses of one kind an account has at most.
	MaxContacts = 3
	// MaxHeld is how many there are at most with those that were removed and can be put back, so that all can be replaced in a week.
	MaxHeld = 2 * MaxContacts
	// UndoLifetime is how long the removal of an address can be undone.
	UndoLifetime = 7 * 24 * time.Hour
)

// ContactAttached: the account has another address, which was proven. Reading it takes both the account's key and the identifier's.
// The address that an account was opened with is its first contact, and the primary one until another is made it. A removed address
// that is proven again is attached again.
type ContactAttached struct {
	Claim        ClaimID        `json:"claim"`
	Kind         IdentifierKind `json:"kind"`
	Verification VerificationID `json:"verification"`
	First        First          `json:"first_of,omitzero"` // of the account's additions
	Contact      Part[Contact]  `json:"contact"`
}

// ContactMadePrimary: codes and notices go to this address from now on. The one before it hears of that.
type ContactMadePrimary struct {
	Claim    ClaimID        `json:"claim"`
	Kind     IdentifierKind `json:"kind"`
	Replaces ClaimID        `json:"replaces"`
	Delivery DeliveryID     `json:"delivery,omitzero"` // of the message to the one before; none where another message says it
	Contact  Part[Contact]  `json:"contact"`
}

// ContactDetached: the address was removed, which can be undone for a time. Until then the account holds the claim: nobody else can have
// the address, and it is good for nothing but the undo.
type ContactDetached struct {
	Claim     ClaimID        `json:"claim"`
	Kind      IdentifierKind `json:"kind"`
	UndoUntil time.Time      `json:"undo_until"`
	Level     Level          `json:"level"` // of who removed it, which who undoes it needs as well
	Delivery  DeliveryID     `json:"delivery"`
}

// ContactRestored: the removal was undone.
type ContactRestored struct {
	Claim    ClaimID        `json:"claim"`
	Kind     IdentifierKind `json:"kind"`
	Detached EventID        `json:"detached"`
	Tells    ClaimID        `json:"tells"`             // the address that was primary until then
	Delivery DeliveryID     `json:"delivery,omitzero"` // of the message to it; none if too many messages were sent
}

// ContactReleased: the removal can no longer be undone. It decides; then the claim is retired, the identifier's row deleted, and its key
// destroyed.
type ContactReleased struct {
	Claim ClaimID        `json:"claim"`
	Kind  IdentifierKind `json:"kind"`
}

// AccountContact is a proven address of an account.
type AccountContact struct {
	ContactAttached
	Fact Fact // that attached it
	// Demoted is when it was last primary before another one was; zero if it never was.
	Demoted time.Time
	// Doubted is when somebody said that it was not the owner who added it; zero if nobody did.
	Doubted time.Time
}

// DetachedContact is an address that was removed and can be put back.
type DetachedContact struct {
	AccountContact
	Removal ContactDetached
	Removed Fact
}

// maxReleased is how many released claims are settled again with the account.
const maxReleased = 2 * MaxHeld

// contacts is the state of an account's addresses.
type contacts struct {
	Contacts []AccountContact  // the oldest first
	Detached []DetachedContact // the earliest removed first
	Released []ClaimID         // the latest, whose keys are destroyed
	Proofs   []VerificationID  // of all that were ever attached
	primary  ClaimID
	added    time.Time // when the latest was added to the first
	// settledUntil is until when no other contact can be made primary, since a removal was undone; see AccountGuarded.
	settledUntil time.Time
}

func (c *contacts) attach(f Fact, e ContactAttached) {
	c.Detached = slices.DeleteFunc(slices.Clone(c.Detached), func(d DetachedContact) bool { return d.Claim == e.Claim })
	if len(c.Proofs) > 0 { // the first is the account's own
		c.added = f.At
	}
	c.Proofs = append(slices.Clip(c.Proofs), e.Verification)
	c.Contacts = append(slices.Clip(c.Contacts), AccountContact{ContactAttached: e, Fact: f})
}

func (c *contacts) makePrimary(f Fact, e ContactMadePrimary) {
	c.Contacts = slices.Clone(c.Contacts)
	for i := range c.Contacts {
		if c.Contacts[i].Claim == c.primary {
			c.Contacts[i].Demoted = f.At
		}
	}
	c.primary = e.Claim
}

func (c *contacts) detach(f Fact, e ContactDetached) {
	at := slices.IndexFunc(c.Contacts, func(one AccountContact) bool { return one.Claim == e.Claim })
	if at < 0 {
		return
	}
	c.Detached = append(slices.Clip(c.Detached), DetachedContact{c.Contacts[at], e, f})
	c.Contacts = slices.Delete(slices.Clone(c.Contacts), at, at+1)
}

func (c *contacts) restore(e ContactRestored) {
	at := slices.IndexFunc(c.Detached, func(d DetachedContact) bool { return d.Claim == e.Claim })
	if at < 0 {
		return
	}
	back := c.Detached[at].AccountContact
	c.Detached = slices.Delete(slices.Clone(c.Detached), at, at+1)
	c.Contacts = append(slices.Clip(c.Contacts), back)
	slices.SortFunc(c.Contacts, func(a, b AccountContact) int { return int(a.Fact.Version - b.Fact.Version) })
}

func (c *contacts) release(e ContactReleased) {
	c.Detached = slices.DeleteFunc(slices.Clone(c.Detached), func(d DetachedContact) bool { return d.Claim == e.Claim })
	released := append(slices.Clip(c.Released), e.Claim)
	c.Released = released[max(0, len(released)-maxReleased):]
}

// Contact finds the contact that has a claim.
func (c *contacts) Contact(claim ClaimID) (AccountContact, bool) {
	at := slices.IndexFunc(c.Contacts, func(c AccountContact) bool { return c.Claim == claim })
	if at < 0 {
		return AccountContact{}, false
	}
	return c.Contacts[at], true
}

// RemovedContact finds the contact that had a claim and can be put back.
func (c *contacts) RemovedContact(claim ClaimID) (DetachedContact, bool) {
	return c.removed(func(d DetachedContact) bool { return d.Claim == claim })
}

// Removal finds the contact that an event removed and that can be put back.
func (c *contacts) Removal(by EventID) (DetachedContact, bool) {
	return c.removed(func(d DetachedContact) bool { return d.Removed.ID == by })
}

func (c *contacts) removed(is func(DetachedContact) bool) (DetachedContact, bool) {
	at := slices.IndexFunc(c.Detached, is)
	if at < 0 {
		return DetachedContact{}, false
	}
	return c.Detached[at], true
}

// Holds reports whether the account needs a claim: it has the contact, or can put it back.
func (c *contacts) Holds(claim ClaimID) bool {
	_, has := c.Contact(claim)
	_, removed := c.RemovedContact(claim)
	return has || removed
}

// Primary is the contact that codes and notices are sent to. Every account has one.
func (c *contacts) Primary() AccountContact {
	one, _ := c.Contact(c.primary)
	return one
}

// IsPrimary reports whether a contact is the primary one.
func (c *contacts) IsPrimary(claim ClaimID) bool { return c.primary == claim }

// AttachedBy reports whether a verification ever attached a contact.
func (c *contacts) AttachedBy(id VerificationID) bool { return slices.Contains(c.Proofs, id) }

// MayAttach refuses another contact of a kind: ErrContacts if the account has as many as it can have, ErrHeld if it would with those that
// were removed lately. again is the claim of one of the latter that is proven again.
func (a *Account) MayAttach(kind IdentifierKind, again ClaimID) error {
	if err := a.Open(); err != nil {
		return err
	}
	has, held := 0, 0
	for _, c := range a.Contacts {
		if c.Kind == kind {
			has++
		}
	}
	for _, d := range a.Detached {
		if d.Kind == kind && d.Claim != again {
			held++
		}
	}
	switch {
	case has >= MaxContacts:
		return ErrContacts
	case has+held >= MaxHeld:
		return ErrHeld
	}
	return nil
}

// LetsGo reports whether the account is about to retire a claim, since a removal cannot be undone any more.
func (c *contacts) LetsGo(claim ClaimID) bool { return slices.Contains(c.Released, claim) }

// Attach decides on a contact whose verification, which was asked for at a time, has passed. It changes nothing if the contact is attached
// already. ErrEnded if the account was guarded since: whoever asked for it may be who that was done against. ErrBusy if the claim is about
// to be retired.
func (a *Account) Attach(c ContactAttached, asked, now time.Time) ([]any, error) {
	_, attached := a.Contact(c.Claim)
	switch {
	case attached:
		return nil, nil
	case !asked.After(a.guardedAt):
		return nil, ErrEnded
	case a.LetsGo(c.Claim):
		return nil, ErrBusy.After(1)
	}
	if err := a.MayAttach(c.Kind, c.Claim); err != nil {
		return nil, err
	}
	c.First = FirstOf(a.added, a.when(now))
	return []any{c}, nil
}

// MakePrimary decides on sending codes and notices to another contact; contact is its address. Making it again changes nothing.
func (a *Account) MakePrimary(claim ClaimID, contact Contact, message DeliveryID, now time.Time) ([]any, error) {
	if err := a.Open(); err != nil {
		return nil, err
	}
	one, has := a.Contact(claim)
	switch {
	case !has:
		return nil, ErrNotFound
	case a.IsPrimary(claim):
		return nil, nil
	case now.Before(a.settledUntil):
		return nil, ErrGuarded
	}
	return []any{a.madePrimary(one, contact, message)}, nil
}

func (a *Account) madePrimary(one AccountContact, contact Contact, message DeliveryID) ContactMadePrimary {
	return ContactMadePrimary{Claim: one.Claim, Kind: one.Kind, Replaces: a.primary, Delivery: message,
		Contact: Personal(contact, AccountKey(a.ID), IdentifierKey(one.Claim))}
}

// MayDetach refuses to remove a contact: ErrPrimary if it is the primary one, so one always stays, and ErrGuarded while the account is
// guarded: so an undo cannot be undone.
func (a *Account) MayDetach(claim ClaimID, now time.Time) error {
	if err := a.Open(); err != nil {
		return err
	}
	_, has := a.Contact(claim)
	switch {
	case !has:
		return ErrNotFound
	case a.IsPrimary(claim):
		return ErrPrimary
	case a.Guarded(now) && !a.onProbation(claim, now):
		return ErrGuarded
	}
	return nil
}

// Detach decides on removing a contact, by somebody at a level. The message tells whoever reads what is sent there.
func (a *Account) Detach(claim ClaimID, level Level, message DeliveryID, now time.Time) ([]any, error) {
	if err := a.MayDetach(claim, now); err != nil {
		return nil, err
	}
	one, _ := a.Contact(claim)
	until := a.when(now)
	if !a.Guarded(now) && !a.doubtful(claim, now) { // else whoever is guarded against could undo it
		until = until.Add(UndoLifetime)
	}
	return []any{ContactDetached{Claim: claim, Kind: one.Kind, UndoUntil: until.UTC(), Level: min(level, a.TriedReach(now)), Delivery: message}}, nil
}

// MayUndo refuses to undo a removal: ErrLinkEnded if that is over, was undone, or the account's erasure has begun, and ErrUndoLevel if
// more has to be proven than level.
func (a *Account) MayUndo(removal EventID, level Level, now time.Time) (DetachedContact, error) {
	d, can := a.Removal(removal)
	switch {
	case !can || standsStill(a) || !a.when(now).Before(d.Removal.UndoUntil):
		return d, ErrLinkEnded
	case level < d.Removal.Level:
		return d, ErrUndoLevel
	}
	return d, nil
}

// Undo decides on undoing a removal, by somebody at a level; contact is its address. The contact is back, and primary again if it was
// while the removal could have been undone; all sessions end, and the account is guarded; an erasure that was asked for since is cancelled.
func (a *Account) Undo(removal EventID, level Level, contact Contact, message DeliveryID, now time.Time) ([]any, error) {
	d, err := a.MayUndo(removal, level, now)
	if err != nil {
		return nil, err
	}
	events := []any{ContactRestored{Claim: d.Claim, Kind: d.Kind, Detached: removal, Tells: a.primary, Delivery: message}}
	if d.WasPrimary() {
		events = append(events, a.madePrimary(d.AccountContact, contact, DeliveryID{}))
	}
	events = append(events, AccountSignedOutEverywhere{}, a.Guard(GuardRestored, now))
	if a.Erasure.State == ErasureWaiting {
		events = append(events, ErasureCancelled{})
	}
	return events, nil
}

// WasPrimary reports whether the contact was the primary one in the time before its removal in which that could have been undone.
func (d *DetachedContact) WasPrimary() bool {
	return !d.Demoted.IsZero() && d.Removed.At.Sub(d.Demoted) <= UndoLifetime
}

// Release decides on letting go of a removed contact once that cannot be undone any more.
func (a *Account) Release(claim ClaimID, now time.Time) []any {
	d, removed := a.RemovedContact(claim)
	if !removed || standsStill(a) || now.Before(d.Removal.UndoUntil) {
		return nil
	}
	return []any{ContactReleased{Claim: claim, Kind: d.Kind}}
}

// heldUntil is until when the latest removal can be undone; zero if there is none.
func (c *contacts) heldUntil() (until time.Time) {
	for _, d := range c.Detached {
		if d.Removal.UndoUntil.After(until) {
			until = d.Removal.UndoUntil
		}
	}
	return until
}
