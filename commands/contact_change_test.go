package commands_test

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/vault"
)

// contact is one of the caller's contacts, removed or not.
func (w *world) contact(c domain.Caller, email string) commands.Contact {
	w.t.Helper()
	for _, one := range do(w, w.ListContacts, c, struct{}{}) {
		if strings.EqualFold(one.Email, email) {
			return one
		}
	}
	w.t.Fatalf("no contact %s", email)
	return commands.Contact{}
}

func (w *world) own(c domain.Caller, email string) commands.OwnContact {
	w.t.Helper()
	return commands.OwnContact{ID: w.contact(c, email).ID}
}

// told are the messages about events of accounts that the log asks for, the newest last.
func (w *world) told() (out []commands.MessageToSend) {
	w.t.Helper()
	for _, f := range w.log() {
		if m, ok := f.Asks(); ok && m.Telling != (domain.Telling{}) {
			out = append(out, do(w, w.Message, domain.System(), m))
		}
	}
	return out
}

// lastTold is the latest of them.
func (w *world) lastTold() commands.MessageToSend {
	w.t.Helper()
	all := w.told()
	if len(all) == 0 {
		w.t.Fatal("nobody is told anything")
	}
	return all[len(all)-1]
}

// moved has a person add another address, make it primary and remove the first one; it gives what the first one is told.
func (w *world) moved(c domain.Caller) commands.MessageToSend {
	w.t.Helper()
	w.attached(c, ada2)
	do(w, w.MakePrimary, c, w.own(c, ada2))
	do(w, w.RemoveContact, c, w.own(c, ada))
	return w.lastTold()
}

func undoOf(m commands.MessageToSend) commands.Undo { return commands.Undo{Link: m.Link, Code: m.Code} }

func wrongly(m commands.MessageToSend) commands.Undo {
	return commands.Undo{Link: m.Link, Code: map[bool]string{true: "000000", false: "111111"}[m.Code != "000000"]}
}

func (w *world) removalSettled(id domain.ClaimID) bool {
	w.t.Helper()
	return do(w, w.SettleRemoval, domain.System(), commands.SettleRemoval{Claim: id}).Ended
}

func TestMakePrimary(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, ada2)
	if !w.contact(c, ada).Primary || w.contact(c, ada2).Primary {
		t.Error("the one that the account was opened with is not primary")
	}
	one := w.own(c, ada2)
	w.appended([]string{"delivery.admitted.v1", "contact.made_primary.v1"}, func() { do(w, w.MakePrimary, c, one) })
	w.appended(nil, func() { do(w, w.MakePrimary, c, one) })
	if m := w.lastTold(); m.Kind != domain.MessageDemoted || m.To != ada || m.Code+string(m.Link) != "" ||
		m.Language != "de" || m.Subject != c.Account || m.At.IsZero() {
		t.Errorf("the one before is told %+v", m)
	}
	w.restart()
	if w.contact(c, ada).Primary || !w.contact(c, ada2).Primary || do(w, w.Me, c, struct{}{}).Email != ada2 {
		t.Error("it is not primary")
	}
	eve := w.person("eve@example.com")
	refused(w, w.MakePrimary, eve, one, domain.ErrNotFound)
	refused(w, w.RemoveContact, eve, one, domain.ErrNotFound)
	w.deps.Config.Unusual = commands.UnusualCode
	w.restart()
	w.clock.forward(time.Hour)
	pending := do(w, w.SignIn, domain.Guest(), signInOf(ada)).Pending
	if m := w.message(commands.SignedUp{Verification: domain.VerificationID(pending.ID)}, 1); m.To != ada2 {
		t.Error("a code does not go to the primary address")
	}
	w.unique()
}

// A removed address is good for nothing, and nobody else can have it, until its removal cannot be undone; then it is free.
func TestRemoveContact(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	refused(w, w.RemoveContact, c, w.own(c, ada), domain.ErrPrimary)
	w.attached(c, ada2)
	do(w, w.MakePrimary, c, w.own(c, ada2))
	first := w.own(c, ada)
	r := do(w, w.Recover, domain.Guest(), commands.Recover{Email: ada})
	recovery := commands.SignedUp{Verification: domain.VerificationID(r.ID), Handle: r.Handle}
	code := w.message(recovery, 1).Code
	var removed commands.ContactRemoved
	w.appended([]string{"delivery.admitted.v1", "contact.detached.v1"}, func() { removed = do(w, w.RemoveContact, c, first) })
	refused(w, w.RemoveContact, c, first, domain.ErrNotFound)
	refused(w, w.RemoveContact, c, w.own(c, ada2), domain.ErrPrimary)
	if left := removed.UndoUntil.Sub(w.clock.Now()); left > domain.UndoLifetime || left < domain.UndoLifetime-time.Minute {
		t.Errorf("it can be undone for %s", left)
	}
	m := w.lastTold()
	if m.Kind != domain.MessageRemoved || m.To != ada || len(m.Code) != 6 || len(m.Link) != 96 || !m.Until.Equal(removed.UndoUntil) || m.Language != "de" ||
		m.Subject != c.Account || m.At.IsZero() {
		t.Errorf("the address is told %s", m.Kind)
	}
	if got := w.contact(c, ada); got.Removed.IsZero() || !got.UndoUntil.Equal(removed.UndoUntil) || got.Primary {
		t.Errorf("its owner sees %v", got.Removed)
	}
	w.restart()
	refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrCredentials)
	again, _ := w.session(ada2)
	if again.Account != c.Account {
		t.Error("nobody can sign in by the other one")
	}

	// For a stranger it looks like any address that another account has, and whoever reads what is sent there hears when it is free.
	of := func(run func()) string { return fmt.Sprint(w.since(run)) }
	w.account("eve@example.com")
	var held, taken commands.SignedUp
	if a, b := of(func() { held = w.signUpAt(1, ada) }), of(func() { taken = w.signUpAt(2, "eve@example.com") }); a != b {
		t.Errorf("%s for a removed one, %s for a taken one", a, b)
	}
	for _, s := range []commands.SignedUp{held, taken} {
		if _, err := w.check(s, "000000"); !errors.Is(err, domain.ErrCode) {
			t.Errorf("%v", err)
		}
	}
	if m := w.message(recovery, 1); m.Kind != domain.MessageHeld || m.To != ada || m.Code != "" {
		t.Errorf("who asks for a recovery is told %s", m.Kind)
	}
	refused(w, w.CheckRecovery, domain.Guest(), coded(r, code), domain.ErrCode)
	if m := w.message(held, 1); m.Kind != domain.MessageHeld || m.To != ada || m.Code != "" || !m.Until.Equal(removed.UndoUntil) {
		t.Errorf("it is told %s", m.Kind)
	}

	w.appended(nil, func() {
		if w.removalSettled(first.ID) {
			t.Error("it is let go before its time")
		}
	})
	w.clock.forward(domain.UndoLifetime)
	w.clock.forward(-time.Hour) // set back
	w.appended(nil, func() { w.removalSettled(first.ID) })
	w.clock.forward(2 * time.Hour)
	w.appended([]string{"contact.released.v1", "identifier.retired.v1"}, func() {
		if !w.removalSettled(first.ID) {
			t.Error("something is left to do")
		}
	})
	w.appended(nil, func() { w.removalSettled(first.ID) })
	w.refusesKey(domain.IdentifierKey(first.ID))
	refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrLinkEnded)
	if got := w.lastTold(); got.To != "" {
		t.Error("somebody is still told of it")
	}
	if w.contacts(c) != ada2 {
		t.Errorf("the contacts are %s", w.contacts(c))
	}
	w.account(ada) // free
	var types []string
	for _, e := range do(w, w.History, again, commands.ListHistory{Most: 200}).Entries {
		types = append(types, e.Type)
		if strings.Contains(strings.ToLower(string(e.Details)), ada) {
			t.Errorf("%s still shows it", e.Type)
		}
	}
	for _, want := range []string{"contact.made_primary.v1", "contact.detached.v1", "contact.released.v1", "sign_up.requested.v1"} {
		if !strings.Contains(strings.Join(types, " "), want) {
			t.Errorf("the history has no %s", want)
		}
	}
	w.unique()
}

// Of two removals at once one stays; every account has an address.
func TestTwoRemovalsAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, ada2)
	first, second := w.own(c, ada), w.own(c, ada2)
	other := *w
	other.restart()
	var all sync.WaitGroup
	for i, on := range []*world{w, &other} {
		all.Go(func() {
			keep, remove := first, second
			if i == 1 {
				keep, remove = second, first
			}
			_, _ = on.MakePrimary(t.Context(), request(c), keep)
			_, _ = on.RemoveContact(t.Context(), request(c), remove)
		})
	}
	all.Wait()
	left := 0
	for _, one := range do(w, w.ListContacts, c, struct{}{}) {
		if one.Removed.IsZero() {
			left++
			if one.Primary {
				left += 10
			}
		}
	}
	if left != 11 && left != 12 {
		t.Errorf("%d are left", left)
	}
}

// An address that its owner removed can be proven again, and the claim is theirs all along.
func TestARemovedContactIsProvenAgain(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	m := w.moved(c)
	before := w.own(c, ada)
	s := w.addContact(c, ada)
	w.appended([]string{"verification.passed.v1", "contact.attached.v1"}, func() {
		if _, err := w.check(s, w.message(s, 1).Code); err != nil {
			t.Fatal(err)
		}
	})
	if got := w.contact(c, ada); got.ID != before.ID || !got.Removed.IsZero() || got.Primary {
		t.Errorf("%+v", got.ID)
	}
	refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrLinkEnded)
	w.clock.forward(domain.UndoLifetime)
	w.appended(nil, func() {
		if !w.removalSettled(before.ID) {
			t.Error("something is left to do")
		}
	})
	w.session(ada)

	// And while it is let go: by a claim of its own then.
	do(w, w.RemoveContact, c, before)
	w.clock.forward(domain.UndoLifetime)
	s = w.addContact(c, ada)
	code := w.message(s, 1).Code
	f := &faults{}
	dying := *w
	dying.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
	f.n, f.at, f.after = 0, 1, true
	_, _ = dying.SettleRemoval(t.Context(), request(domain.System()), commands.SettleRemoval{Claim: before.ID})
	w.restart()
	if _, err := w.check(s, code); err != nil {
		t.Fatal(err)
	}
	if got := w.contact(c, ada); got.ID == before.ID || got.Email != ada {
		t.Error("it has the claim that is let go")
	}
	w.removalSettled(before.ID)
	w.refusesKey(domain.IdentifierKey(before.ID))
	w.session(ada)
	w.unique()
}

// While somebody puts a removed address back, by the link or by proving it again, another process finds that its time is over, before each of
// the writes: either the account has the address, and can use it, or it is free.
func TestAContactIsPutBackAtTheLastMoment(t *testing.T) {
	t.Parallel()
	for name, back := range map[string]func(w *world, c domain.Caller, m commands.MessageToSend) func() error{
		"by the link": func(w *world, _ domain.Caller, m commands.MessageToSend) func() error {
			return func() error { _, err := w.Undo(w.t.Context(), request(domain.Guest()), undoOf(m)); return err }
		},
		"by proof": func(w *world, c domain.Caller, _ commands.MessageToSend) func() error {
			s := w.addContact(c, ada)
			code := w.message(s, 1).Code
			return func() error { _, err := w.check(s, code); return err }
		},
	} {
		had, free := 0, 0
		for at := 1; ; at++ {
			w := newWorld(t)
			c := w.person(ada)
			m := w.moved(c)
			claim := w.own(c, ada).ID
			w.clock.forward(domain.UndoLifetime - 2*time.Minute)
			run := back(w, c, m)
			elsewhere := *w
			elsewhere.restart()
			f := &faults{at: at, meanwhile: func() {
				w.clock.forward(3 * time.Minute)
				elsewhere.removalSettled(claim)
			}}
			w.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
			f.n = 0
			err := run()
			if f.n < at {
				break
			}
			w.start(elsewhere.store, elsewhere.vault)
			w.removalSettled(claim)
			switch has := strings.Contains(w.contacts(c), ada+" ") || strings.HasSuffix(w.contacts(c), ada); {
			case has && err == nil:
				had++
				w.session(ada)
			case !has && err != nil:
				free++
				w.account(ada)
				w.refusesKey(domain.IdentifierKey(claim))
			default:
				t.Errorf("%s, write %d: has it: %t, and the answer was %v", name, at, has, err)
			}
			w.unique()
		}
		if had+free < 2 || name == "by the link" && free == 0 || name == "by proof" && had == 0 {
			t.Errorf("%s: it came back %d times and was free %d times", name, had, free)
		}
	}
}

// As many as an account can have can be replaced at once, and no more; putting one back is always possible.
func TestRemovedContactsAreLimited(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	emails := []string{ada, "b@example.net", "c@example.net", "d@example.net", "e@example.net", "f@example.net"}
	var told []commands.MessageToSend
	for i, email := range emails[1:] {
		w.clock.forward(3 * time.Hour) // codes to an account are limited by the hour
		if i >= 2 {
			do(w, w.MakePrimary, c, w.own(c, emails[i]))
			do(w, w.RemoveContact, c, w.own(c, emails[i-2]))
			told = append(told, w.lastTold())
		}
		w.attached(c, email)
	}
	if len(told) != 3 || told[0].To != ada {
		t.Fatalf("%d were removed", len(told))
	}
	refused(w, w.AddContact, c, commands.AddContact{Email: "g@example.net"}, domain.ErrContacts)
	do(w, w.RemoveContact, c, w.own(c, emails[3]))
	refused(w, w.AddContact, c, commands.AddContact{Email: "g@example.net"}, domain.ErrHeld)
	do(w, w.Undo, domain.Guest(), undoOf(told[0]))
	do(w, w.Undo, domain.Guest(), undoOf(told[1]))
	do(w, w.Undo, domain.Guest(), undoOf(told[2]))
	if got := len(strings.Fields(w.contacts(c))); got != 6 {
		t.Errorf("%d contacts", got)
	}
	w.clock.forward(domain.UndoLifetime)
	w.removalSettled(w.own(c, emails[3]).ID)
	refused(w, w.AddContact, c, commands.AddContact{Email: "g@example.net"}, domain.ErrContacts)
}

func TestCrashesWhileAContactIsLetGo(t *testing.T) {
	t.Parallel()
	var claim domain.ClaimID
	var c domain.Caller
	everyCrash(t, func(w *world) func() error {
		c = w.person(ada)
		w.moved(c)
		claim = w.own(c, ada).ID
		w.clock.forward(domain.UndoLifetime)
		return func() error {
			_, err := w.SettleRemoval(t.Context(), request(domain.System()), commands.SettleRemoval{Claim: claim})
			return err
		}
	}, func(w *world) {
		if !w.removalSettled(claim) {
			t.Error("not settled")
		}
		w.appended(nil, func() { w.removalSettled(claim) })
	}, func(w *world) string {
		w.refusesKey(domain.IdentifierKey(claim))
		shape := w.shape()
		w.account(ada)
		return w.contacts(c) + shape
	})
}

// An erasure leaves nothing of a removed address, whatever of its letting go was done before.
func TestErasureWhileAContactIsRemoved(t *testing.T) {
	for name, before := range map[string]func(w *world, claim domain.ClaimID){
		"nothing": func(*world, domain.ClaimID) {},
		"released, and then a crash": func(w *world, claim domain.ClaimID) {
			w.clock.forward(domain.UndoLifetime)
			f := &faults{}
			dying := *w
			dying.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
			f.n, f.at, f.after = 0, 1, true
			_, _ = dying.SettleRemoval(w.t.Context(), request(domain.System()), commands.SettleRemoval{Claim: claim})
			w.restart()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.deps.Config.Grace = 0
			w.restart()
			c := w.person(ada)
			m := w.moved(c)
			claim := w.own(c, ada).ID
			before(w, claim)
			asked := do(w, w.RequestErasure, c, commands.RequestErasure{})
			if asked.Due.Before(m.Until) && w.clock.Now().Before(m.Until) {
				t.Errorf("the erasure is due at %s, before the removal cannot be undone any more", asked.Due)
			}
			w.clock.forward(domain.UndoLifetime)
			if do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account}).State != domain.ErasureDone {
				t.Fatal("not erased")
			}
			refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrLinkEnded)
			w.removalSettled(claim)
			w.refusesKey(domain.IdentifierKey(claim))
			for _, m := range w.told() {
				if m.To != "" {
					t.Error("somebody is still told")
				}
			}
			w.account(ada)
			w.account(ada2)
			w.unique()
		})
	}
}

// A restore between removal and letting go takes nothing from either: it can be undone, and it is let go in its time.
func TestARestoreWhileAContactIsRemoved(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	m := w.moved(c)
	claim := w.own(c, ada).ID
	w.restore()
	do(w, w.DropClaim, domain.System(), commands.DropClaim{Claim: claim})
	if w.removalSettled(claim) || w.contact(c, ada).Email != ada {
		t.Error("it is let go")
	}
	do(w, w.Undo, domain.Guest(), undoOf(m))
	w.clock.forward(2 * domain.UndoLifetime)
	c, _ = w.session(ada)
	do(w, w.RemoveContact, c, w.own(c, ada2))
	claim = w.own(c, ada2).ID
	w.restore()
	w.clock.forward(domain.UndoLifetime)
	if !w.removalSettled(claim) {
		t.Error("it is not let go")
	}
	if _, err := w.vault.Key(t.Context(), domain.IdentifierKey(claim)); !errors.Is(err, vault.ErrDestroyed) {
		t.Error(err)
	}
}
