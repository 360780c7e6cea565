package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// OwnContact names one of the caller's contacts.
type OwnContact struct {
	ID domain.ClaimID `json:"id"`
}

// makePrimary has codes and notices go to another of the caller's contacts. The one that was primary hears of it: ErrMessages if too many
// notices were sent lately. Made again, it changes nothing.
func (k *call) makePrimary(ctx context.Context, in OwnContact) (struct{}, error) {
	at, err := k.readToTell(ctx, k.Caller.Account)
	if err != nil {
		return struct{}{}, err
	}
	var contact domain.Contact
	var message domain.DeliveryID
	if one, has := at.state.Contact(in.ID); has && len(at.before(k.command)) == 0 {
		if contact, err = journal.Open(ctx, k.Journal, one.Fact, one.Contact); err != nil {
			return struct{}{}, err
		}
		events, err := at.state.MakePrimary(in.ID, contact, message, k.now)
		if err != nil {
			return struct{}{}, err
		}
		if len(events) > 0 {
			if message, err = k.placeToTell(ctx, at.state, "demoted"); err != nil {
				return struct{}{}, err
			}
		}
	}
	c := k.changeAccount(k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.MakePrimary(in.ID, contact, message, k.now) })
	c.mayKeep = true
	_, err = c.by(ctx, k)
	return struct{}{}, err
}

// ContactRemoved is the answer to a removal.
type ContactRemoved struct {
	UndoUntil time.Time
}

// removeContact removes one of the caller's contacts, which can be undone for a time by the link in the message that is sent there:
// ErrMessages if too many notices were sent lately, since nobody's address is removed without their hearing of it. Two appends: the
// message's place in the budget, and the account's.
func (k *call) removeContact(ctx context.Context, in OwnContact) (ContactRemoved, error) {
	at, err := k.readToTell(ctx, k.Caller.Account)
	if err != nil {
		return ContactRemoved{}, err
	}
	var message domain.DeliveryID
	if len(at.before(k.command)) == 0 {
		if err := at.state.MayDetach(in.ID, k.now); err != nil {
			return ContactRemoved{}, err
		}
		if message, err = k.placeToTell(ctx, at.state, "removed"); err != nil {
			return ContactRemoved{}, err
		}
	}
	out, err := k.change(ctx, k.Caller.Account, func(a *domain.Account) ([]any, error) { return a.Detach(in.ID, k.Caller.Level, message, k.now) })
	if err != nil {
		return ContactRemoved{}, err
	}
	return ContactRemoved{out.facts[0].Event.(domain.ContactDetached).UndoUntil}, nil // decided above
}

// Undo undoes the removal of a contact.
type Undo struct {
	Link LinkToken `json:"-"` // the link of the message, or just its token
	Code string    `json:"-"` // beside it
	// Evidence is a second factor that was off probation at the removal, if who removed it had proven one.
	Evidence Evidence `json:"-"`
}

// undo puts a removed contact back, by who reads what was sent to it: see domain.Account.Undo. The contact that was primary until then
// hears of it, if there is room for the message. A restore of the ledger does not end the link: what it does is the same again.
func (k *call) undo(ctx context.Context, in Undo) (struct{}, error) {
	level := domain.LevelOne // what the link proves
	var method domain.AuthMethod
	if in.Evidence != (Evidence{}) {
		var err error
		if method, err = in.Evidence.method(); err != nil {
			return struct{}{}, err
		}
		level = domain.LevelTwo
	}
	return struct{}{}, k.follow(ctx, domain.LinkUndo, in.Link, in.Code, func(a *domain.Account, l linkOf) error {
		_, err := a.MayUndo(l.event, level, k.now)
		return err
	}, func(ctx context.Context, a *domain.Account, l linkOf) (act, error) {
		removal := l.event
		d, err := a.MayUndo(removal, level, k.now)
		if err != nil {
			return nil, err
		}
		if d.Removal.Level > domain.LevelOne {
			if err := k.useFactor(ctx, a.OnlyTried(d.Removed.At), in.Evidence, method,
				factorUse{what: domain.UseUndo, by: [][]byte{[]byte("undo")}}); err != nil {
				return nil, err
			}
		}
		contact, err := journal.Open(ctx, k.Journal, d.Fact, d.Contact)
		if errors.Is(err, journal.ErrUnreadable) { // it was let go after the backup that the ledger was restored from
			return nil, domain.ErrLinkEnded
		} else if err != nil {
			return nil, err
		}
		message, err := k.placeToTell(ctx, a, "restored")
		if err != nil && !errors.Is(err, domain.ErrMessages) {
			return nil, err
		}
		return func(a *domain.Account) ([]any, error) { return a.Undo(removal, level, contact, message, k.now) }, nil
	})
}

// SettleRemoval lets go of a removed contact, by its claim, once that cannot be undone any more.
type SettleRemoval struct {
	Claim domain.ClaimID `json:"claim"`
}

// settleRemoval is for the process that handles deadlines and finishes interrupted work; it does nothing before the deadline. The account
// decides, so that an undo at the last moment is in time or too late; then the claim is retired, its row deleted, and its key destroyed.
func (k *call) settleRemoval(ctx context.Context, in SettleRemoval) (Settled, error) {
	claim, err := stateOf(ctx, k.claimStream(in.Claim))
	if err != nil || claim.Account.IsZero() {
		return Settled{Ended: true}, err
	}
	c := k.changeAccount(claim.Account, func(a *domain.Account) ([]any, error) { return a.Release(in.Claim, k.now), nil })
	c.about, c.mayKeep = func(a *domain.Account) about {
		d, _ := a.RemovedContact(in.Claim)
		return ofAccount(a).after(d.Removed, d.Removed)
	}, true
	out, err := c.by(ctx, k)
	if err != nil {
		return Settled{}, err
	}
	_, waits := out.state.RemovedContact(in.Claim)
	switch {
	case standingOf(out.state).gone: // the erasure does it
		return Settled{Ended: true}, nil
	case waits || !out.state.LetsGo(in.Claim):
		return Settled{Ended: !waits}, nil
	}
	return Settled{Ended: true}, k.letGo(ctx, in.Claim)
}

// letGo retires a claim that its account released. Unless the account attached the contact anew meanwhile, nobody can read it afterwards.
func (k *call) letGo(ctx context.Context, id domain.ClaimID) error {
	claim, err := k.drop(ctx, id)
	if err != nil || !claim.Retired {
		return err
	}
	return errors.Join(k.Vault.DeleteIdentifier(ctx, id.UUID), k.Journal.Destroy(ctx, domain.IdentifierKey(id)))
}
