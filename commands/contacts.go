package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Contact is one of an account's proven addresses, as its owner sees it.
type Contact struct {
	ID      domain.ClaimID
	Kind    domain.IdentifierKind
	Email   string
	Since   time.Time
	Primary bool
	// Removed is when it was removed, which can be undone until UndoUntil; both zero if it was not.
	Removed, UndoUntil time.Time
}

// listContacts lists the caller's contacts, the oldest first, and after them those that were removed and can be put back.
func (k *call) listContacts(ctx context.Context, _ struct{}) ([]Contact, error) {
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return nil, err
	}
	var o opening
	out := contactsOf(&o, a)
	removed := make([]Contact, len(a.Detached))
	for i, d := range a.Detached {
		removed[i] = contactOf(&o, a, d.AccountContact, &removed[i])
		removed[i].Removed, removed[i].UndoUntil = d.Removed.At, d.Removal.UndoUntil
	}
	err = o.open(ctx, k.Journal)
	return append(out, removed...), err
}

// contactsOf lists the contacts of an account; the addresses are there once o is opened.
func contactsOf(o *opening, a *domain.Account) []Contact {
	out := make([]Contact, len(a.Contacts))
	for i, c := range a.Contacts {
		out[i] = contactOf(o, a, c, &out[i])
	}
	return out
}

// contactOf is a contact as its owner sees it; its address is there, at a place, once o is opened.
func contactOf(o *opening, a *domain.Account, c domain.AccountContact, at *Contact) Contact {
	show(o, c.Fact, c.Contact, func(c domain.Contact) { at.Email = c.Typed })
	return Contact{ID: c.Claim, Kind: c.Kind, Since: c.Fact.At, Primary: a.IsPrimary(c.Claim)}
}

// AddContact asks for another address of the caller's account, which is proven by a code that is sent there.
type AddContact struct {
	Email string `json:"email"`
}

// ContactAdding is the answer: the same whether or not another account has the address.
type ContactAdding struct {
	Verification domain.VerificationID
	// Handle is required to check a code or request another; it is shown only here.
	Handle      string
	Expires     time.Time // of the verification
	CodeExpires time.Time // of the first code
}

// addContact begins a verification.
func (k *call) addContact(ctx context.Context, in AddContact) (ContactAdding, error) {
	contact, err := domain.ParseEmail(in.Email)
	if err != nil {
		return ContactAdding{}, err
	}
	id := domain.VerificationID{UUID: domain.Derive(k.command.UUID, "verification")}
	request := domain.VerificationRequested{Purpose: domain.VerifyAddContact, Kind: contact.Kind, Medium: domain.MediumEmail, Account: k.Caller.Account,
		Contact: domain.Personal(contact, domain.AccountKey(k.Caller.Account), domain.VerificationKey(id))}
	asked := domain.VerificationRequest{ID: id, VerificationRequested: request}
	room := k.admissionOf(&asked, contact, 1, about{})
	var has surroundings
	err = k.beside(ctx, func(ctx context.Context) (err error) {
		has, err = k.around(ctx, contact, k.Caller.Account)
		return err
	}, func(ctx context.Context) error {
		_, err := k.proofStream(id).read(ctx) // for a repeat
		return err
	}, func(ctx context.Context) error {
		return k.readPlaces(ctx, room)
	})
	if err != nil {
		return ContactAdding{}, err
	}
	a, err := k.account(ctx, k.Caller.Account)
	if err != nil {
		return ContactAdding{}, err
	}
	at, err := k.proofStream(id).read(ctx)
	if err != nil {
		return ContactAdding{}, err
	}
	if at.state.request == nil {
		if err := mayAdd(a, contact, has); err != nil {
			return ContactAdding{}, err
		}
		request.LongCode = has.guessed
		room.about = ofAccount(a)
		if request.Delivery, err = k.admit(ctx, room); err != nil {
			return ContactAdding{}, err
		}
	}
	out, err := change[*proof]{stream: k.proofStream(id), about: concerning[*proof](ofAccount(a)),
		decide: func(ctx context.Context, _ *proof, _ journal.Head) ([]any, error) {
			handle, err := k.handle(ctx, k.now)
			request.HandleHash = domain.HashHandle(handle)
			return []any{request}, err
		}}.by(ctx, k)
	if err == nil && out.facts[0].Restored { // its message is not sent any more
		err = domain.ErrRepeatLate
	}
	if err != nil {
		return ContactAdding{}, err
	}
	begun, err := k.begun(ctx, id, out.facts[0].At)
	return ContactAdding(begun), err
}

// mayAdd refuses a contact that the account cannot have or has already. One that it removed can be proven again.
func mayAdd(a *domain.Account, contact domain.Contact, has surroundings) error {
	if err := a.MayAttach(contact.Kind, has.id); err != nil {
		return err
	}
	if _, attached := a.Contact(has.id); attached {
		return domain.ErrContactOwn
	}
	return nil
}

// attachContact completes a verification that adds a contact: claim the identifier, attach the contact, destroy the verification's key.
// Any process that finds the chain unfinished completes it.
func (k *call) attachContact(ctx context.Context, r *domain.VerificationRequest) (domain.AccountID, error) {
	a, err := k.account(ctx, r.Account)
	if err != nil {
		return r.Account, err
	}
	if a.AttachedBy(r.ID) {
		return r.Account, k.Journal.Destroy(ctx, domain.VerificationKey(r.ID))
	}
	contact, err := journal.Open(ctx, k.Journal, r.Fact, r.Contact)
	if errors.Is(err, journal.ErrUnreadable) { // the account's key is destroyed
		return r.Account, k.refuseProof(ctx, r, domain.ErrClosing)
	} else if err != nil {
		return r.Account, err
	}
	held, err := k.claimID(ctx, k.digest(spacePeople, contact))
	if err == nil && a.LetsGo(held) {
		err = k.letGo(ctx, held)
	}
	if err != nil {
		return r.Account, err
	}
	if err := a.MayAttach(contact.Kind, held); err != nil {
		return r.Account, k.refuseProof(ctx, r, err)
	}
	claim, claimed, err := k.claimFor(ctx, k.digest(spacePeople, contact), r)
	if isRefusal(err) {
		return r.Account, k.refuseProof(ctx, r, err)
	} else if err != nil {
		return r.Account, err
	}
	c := k.changeAccount(a.ID, func(a *domain.Account) ([]any, error) {
		return a.Attach(domain.ContactAttached{Claim: claim, Kind: contact.Kind, Verification: r.ID,
			Contact: domain.Personal(contact, domain.AccountKey(a.ID), domain.IdentifierKey(claim))}, r.Fact.At, k.now)
	})
	c.about, c.mayKeep = concerning[*domain.Account](ofAccount(a).after(r.Fact, claimed)), true
	if _, err = c.by(ctx, k); isRefusal(err) {
		return r.Account, k.refuseProof(ctx, r, err)
	} else if err != nil {
		return r.Account, err
	}
	return r.Account, k.Journal.Destroy(ctx, domain.VerificationKey(r.ID))
}

// refuseProof ends a verification whose contact cannot be attached, and returns why once that is recorded.
func (k *call) refuseProof(ctx context.Context, r *domain.VerificationRequest, why error) error {
	reason := domain.EndCancelled
	switch {
	case errors.Is(why, domain.ErrContacts), errors.Is(why, domain.ErrHeld):
		reason = domain.EndFull
	case errors.Is(why, domain.ErrTaken):
		reason = domain.EndTaken
	}
	if err := k.endProof(ctx, r, reason); err != nil {
		return err
	}
	return why
}

// endProof ends a verification that an account asked for: what it has claimed is retired, and its key destroyed. One that passed ends
// only because its contact cannot be attached.
func (k *call) endProof(ctx context.Context, r *domain.VerificationRequest, reason domain.VerificationEndReason) error {
	tooLate := reason == domain.EndExpired || reason == domain.EndRestored
	if !tooLate { // otherwise it has not passed, and claimed nothing
		if err := k.unclaim(ctx, r); err != nil {
			return err
		}
	}
	c := k.changeProof(r, func(_ context.Context, v domain.Verification) ([]any, error) {
		if v.Ended != "" || v.Passed && tooLate && r.Purpose != domain.VerifySignIn {
			return nil, nil // it passed just in time
		}
		return []any{r.End(reason)}, nil
	})
	c.about = concerning[*proof](ofRequest(r).after(r.Fact, r.Fact))
	out, err := c.by(ctx, k)
	if err != nil {
		return err
	}
	v, err := out.state.verification(r)
	if err != nil || v.Ended == "" {
		return errors.Join(err, domain.ErrBusy.After(1))
	}
	return errors.Join(k.noteMissed(ctx, r, v), k.Journal.Destroy(ctx, domain.VerificationKey(r.ID)))
}

// noteMissed tells the owner of an account that a verification which they asked for came to nothing. After a crash the process that
// handles deadlines does.
func (k *call) noteMissed(ctx context.Context, r *domain.VerificationRequest, v domain.Verification) error {
	if len(new(domain.Missed).Note(r, v)) == 0 {
		return nil
	}
	_, err := change[*domain.Missed]{stream: k.missedStream(r.Account), about: concerning[*domain.Missed](ofRequest(r).after(r.Fact, r.Fact)), mayKeep: true,
		decide: func(_ context.Context, m *domain.Missed, _ journal.Head) ([]any, error) { return m.Note(r, v), nil }}.by(ctx, k)
	return err
}

// unclaim retires the claims that a verification made and whose contact was not attached.
func (k *call) unclaim(ctx context.Context, r *domain.VerificationRequest) error {
	for n := uint64(0); ; n++ {
		claim := claimBy(r, n)
		c, err := k.drop(ctx, claim)
		switch {
		case err != nil:
			return err
		case c.Account.IsZero(): // at most its row was written
			return k.Vault.DeleteIdentifier(ctx, claim.UUID)
		}
	}
}
