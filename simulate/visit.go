package simulate

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"accountledger/domain"
)

// comeBack is the next visit of a person with an account.
func (p *player) comeBack(l life) step {
	return func(ctx context.Context, w *worker) (step, error) {
		who := w.pop.Person(int(l.number))
		v := who.Visits[l.next]
		if who.Again && l.next == 0 { // they forgot their account, and a message reminds them of it
			again := *who
			again.Funnel = NeverAsks
			s, err := w.ledger.SignUp(ctx, &again)
			if err != nil {
				return nil, at("signing up again", err)
			}
			w.tally.counted("sign_up.requested", "sign_up", "requested")
			w.tally.add(Repeats, 1)
			w.lapses(s, true)
		}
		l.next++
		w.tally.add(Returned, 1)
		return nil, w.visit(ctx, who, &l, v)
	}
}

// visit is one visit from sign-in to sign-out, and schedules the next one.
func (w *worker) visit(ctx context.Context, who *Person, l *life, v Visit) error {
	for range v.Misses {
		if _, err := w.ledger.SignIn(ctx, who, "not-"+who.Password, l.client); !refused(err, domain.ErrCredentials) {
			return at("signing in with a wrong password", unexpected(err))
		}
		w.tally.add(Misses, 1)
	}
	if v.Forgot() {
		if err := w.recover(ctx, who, l); err != nil {
			return err
		}
	}
	loses := v.Loses && l.second != nil && !v.Forgot()
	s, err := w.signIn(ctx, who, l, v.NewClient, loses)
	if err != nil {
		return err
	}
	if loses {
		if err := w.replace(ctx, s, l); err != nil {
			return err
		}
	}
	if err := w.decide(ctx, s, l, v.Decisions); err != nil {
		return err
	}
	if err := w.manage(ctx, s, l, v); err != nil {
		return err
	}
	if v.Adds {
		if err := w.add(ctx, who, s, l, v.Moves); err != nil {
			return err
		}
	}
	if err := w.beAsked(ctx, l, v.Asks, false); err != nil {
		return err
	}
	if err := w.beLookedAt(ctx, who, l, v.Look); err != nil {
		return err
	}
	if v.Leave == Stays { // who leaves needs no more
		if err := w.secure(ctx, who, s, l); err != nil {
			return err
		}
	}
	gone, err := w.leave(ctx, s, l, v)
	if err != nil || gone {
		return err
	}
	if err := w.signOut(ctx, s, v.SignOut); err != nil {
		return err
	}
	if int(l.next) < len(who.Visits) {
		w.later(who.Visits[l.next].After, entry{kind: visits, life: *l})
	}
	return nil
}

// signIn signs in, with a code if the ledger wants one.
func (w *worker) signIn(ctx context.Context, who *Person, l *life, newClient, lost bool) (Session, error) {
	if newClient {
		l.client = ""
		w.tally.add(NewClients, 1)
	}
	s, err := w.ledger.SignIn(ctx, who, who.Password, l.client)
	if err != nil {
		return s, at("signing in", err)
	}
	switch p := s.Pending; {
	case p != nil && s.Factor:
		w.tally.happened("sign_in.begun")
		if s, err = w.proveSecond(ctx, l, *p, lost); err != nil {
			return s, at("giving a second factor", err)
		}
		w.tally.happened("factor.used")
		w.tally.happened("sign_in.passed")
	case p != nil:
		w.tally.happened("sign_in.begun")
		w.tally.happened("verification.requested")
		code, err := w.ledger.Code(ctx, l.address(who), *p)
		if err != nil {
			return s, at("reading the code of a sign-in", err)
		}
		if s, err = w.ledger.ContinueSignIn(ctx, *p, Proof{Code: code}); err != nil {
			return s, at("giving the code of a sign-in", err)
		}
		w.tally.counted("verification.passed", "verification", "passed")
		w.tally.happened("sign_in.passed")
	}
	l.client = s.Client
	w.tally.counted("session.started", "sign_in", "")
	w.tally.add("sign_ins/started", 1)
	return s, nil
}

// recover sets the password again, of somebody who has forgotten it.
func (w *worker) recover(ctx context.Context, who *Person, l *life) error {
	s, err := w.ledger.Recover(ctx, who, l.client)
	if err != nil {
		return at("asking for a recovery", err)
	}
	code, err := w.ledger.Code(ctx, who.Email, s)
	if err != nil {
		return at("reading the code", err)
	}
	needs, codes, err := w.ledger.Complete(ctx, s, code, who.Password, func(needs []domain.RecoveryWay) Proof { return w.recoverBy(l, needs) })
	if err != nil {
		return at("setting a new password", err)
	}
	w.recovered(l, needs, codes)
	w.tally.counted("verification.passed", "verification", "passed")
	for _, typ := range []string{"recovery.requested", "recovery.proved", "recovery.completed", "password.changed", "account.signed_out_everywhere",
		"account.guarded"} {
		w.tally.happened(typ)
	}
	w.tally.add(Recovered, 1)
	return nil
}

// decide decides on permissions, and notes their states.
func (w *worker) decide(ctx context.Context, s Session, l *life, all []Choice) error {
	for _, c := range all {
		u, bit := w.pop.purposes[c.Purpose], uint32(1)<<c.Purpose
		err := w.ledger.Decide(ctx, s, u.Allowance, c.Grant)
		if c.Grant && refused(err, domain.ErrGuardian) {
			w.tally.add(Guardians, 1)
			continue
		}
		if err != nil {
			return at("deciding on a permission", err)
		}
		switch {
		case c.Grant == (l.granted&bit != 0):
			w.tally.happened("permission.confirmed")
		case c.Grant:
			w.tally.counted("permission.granted", "opt_in", "")
			w.tally.add("permissions/granted", 1)
			w.tally.add("permissions/withdrawn", -popcount(l.withdrawn&bit))
			l.granted, l.withdrawn = l.granted|bit, l.withdrawn&^bit
		default:
			w.tally.counted("permission.withdrawn", "opt_out", "")
			w.tally.add("permissions/granted", -1)
			w.tally.add("permissions/withdrawn", 1)
			l.granted, l.withdrawn = l.granted&^bit, l.withdrawn|bit
		}
	}
	return nil
}

// manage links, renames and unlinks devices.
func (w *worker) manage(ctx context.Context, s Session, l *life, v Visit) error {
	for _, d := range v.Links {
		if err := w.ledger.Link(ctx, s, d); err != nil {
			return at("linking a device", err)
		}
		w.tally.counted("device.linked", "device_linked", "")
		w.tally.add("devices/linked", 1)
		l.devices++
	}
	if l.devices == 0 || !v.Rename && !v.Unlink {
		return nil
	}
	ids, err := w.ledger.Devices(ctx, s)
	if err == nil && len(ids) != int(l.devices) {
		err = errDevices
	}
	if err != nil {
		return at("listing devices", err)
	}
	if v.Rename {
		if err := w.ledger.Rename(ctx, s, ids[len(ids)-1], "the old one"); err != nil {
			return at("renaming a device", err)
		}
		w.tally.happened("device.renamed")
	}
	if v.Unlink {
		if err := w.ledger.Unlink(ctx, s, ids[0]); err != nil {
			return at("unlinking a device", err)
		}
		w.tally.happened("device.unlinked")
		w.tally.add("devices/linked", -1)
		l.devices--
	}
	return nil
}

// add adds another address, proves it, and makes it the primary one if the person moves there.
func (w *worker) add(ctx context.Context, who *Person, s Session, l *life, moves bool) error {
	if l.contacts+1 >= domain.MaxContacts {
		return nil
	}
	email := who.Other(int(l.contacts))
	one, err := w.ledger.AddContact(ctx, s, email)
	if err != nil {
		return at("adding an address", err)
	}
	w.tally.happened("verification.requested")
	code, err := w.ledger.Code(ctx, email, one)
	if err != nil {
		return at("reading the code", err)
	}
	if _, err := w.ledger.Check(ctx, one, code); err != nil {
		return at("giving the code", err)
	}
	w.tally.counted("verification.passed", "verification", "passed")
	w.tally.happened("identifier.claimed")
	w.tally.counted("contact.attached", "contact_added", "")
	l.contacts++
	if !moves {
		return nil
	}
	if err := w.ledger.MakePrimary(ctx, s, email); err != nil {
		return at("moving to another address", err)
	}
	l.primary = l.contacts
	w.tally.happened("contact.made_primary")
	return nil
}

// beAsked has services ask about a person, and compares the answers with the person's decisions.
func (w *worker) beAsked(ctx context.Context, l *life, asks []Ask, closing bool) error {
	for _, a := range asks {
		one := w.pop.services.items[a.Service]
		purpose := one.purposes[a.Purpose]
		account, want := l.account, l.granted&(1<<purpose) != 0 && !closing
		if a.Unknown {
			account, want = uuid.New(), false
			w.tally.add(AskedUnknown, 1)
		}
		allowed, err := w.ledger.Ask(ctx, w.office.keys[a.Service], domain.AccountID{UUID: account}, w.pop.purposes[purpose].Allowance)
		if err != nil {
			return at("a service's question", err)
		}
		if allowed != want {
			return errDecision
		}
		outcome := domain.Denied
		if allowed {
			outcome = domain.Allowed
		}
		w.tally.add("accesses/decided/"+string(outcome), 1)
	}
	return nil
}

// beLookedAt has an officer look a person up, and perhaps reveal their data.
func (w *worker) beLookedAt(ctx context.Context, who *Person, l *life, look Look) error {
	if look == NoLook {
		return nil
	}
	officer, err := w.office.session(ctx, w)
	if err != nil {
		return at("an officer's sign-in", err)
	}
	about := domain.CaseID(fmt.Sprintf("SIM-%d", who.Number%10000))
	found, err := w.ledger.LookUp(ctx, officer, who.Email, about)
	if err != nil || !found {
		return at("an officer's look-up", unexpected(err))
	}
	w.tally.add("accesses/looked_up/found", 1)
	if look == Reveals {
		if err := w.ledger.Reveal(ctx, officer, domain.AccountID{UUID: l.account}, about); err != nil {
			return at("an officer's look", err)
		}
		w.tally.add("accesses/revealed/found", 1)
	}
	return nil
}

// leave requests the erasure of the account; gone: without cancelling it.
func (w *worker) leave(ctx context.Context, s Session, l *life, v Visit) (gone bool, err error) {
	if v.Leave == Stays {
		return false, nil
	}
	e, err := w.ledger.RequestErasure(ctx, s)
	if err != nil {
		return false, at("asking for an erasure", err)
	}
	w.tally.happened("erasure.requested")
	if v.Leave == Regrets {
		switch err := w.ledger.CancelErasure(ctx, s, e.ID); {
		case err == nil:
			w.tally.happened("erasure.cancelled")
			return false, nil
		case !refused(err, domain.ErrErasureDone) && !refused(err, domain.ErrSession): // the erasure may start at once
			return false, at("cancelling an erasure", err)
		}
	}
	w.tally.add("accounts/open", -1)
	w.tally.add("accounts/closing", 1)
	w.leaves(e, l)
	return true, w.beAsked(ctx, l, v.Asks[:min(1, len(v.Asks))], true)
}

func (w *worker) signOut(ctx context.Context, s Session, how SigningOut) error {
	switch how {
	case SignsOut:
		if err := w.ledger.SignOut(ctx, s); err != nil {
			return at("signing out", err)
		}
		w.tally.happened("session.ended")
	case SignsOutEverywhere:
		if err := w.ledger.SignOutEverywhere(ctx, s); err != nil {
			return at("signing out everywhere", err)
		}
		w.tally.happened("account.signed_out_everywhere")
	case LeavesOpen:
	}
	return nil
}
