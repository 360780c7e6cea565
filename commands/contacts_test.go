package commands_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

const ada2, typed2 = "ada.lovelace@example.net", "Ada.Lovelace@example.net"

// addContact asks for another address, as a verification to check.
func (w *world) addContact(c domain.Caller, email string) commands.SignedUp {
	w.t.Helper()
	return commands.SignedUp(do(w, w.AddContact, c, commands.AddContact{Email: email}))
}

// attached adds another address and proves it.
func (w *world) attached(c domain.Caller, email string) {
	w.t.Helper()
	s := w.addContact(c, email)
	if got, err := w.check(s, w.message(s, 1).Code); err != nil || got.Account != c.Account || got.Purpose != domain.VerifyAddContact {
		w.t.Fatalf("%+v, %v", got, err)
	}
}

func (w *world) contacts(c domain.Caller) string {
	w.t.Helper()
	var out []string
	for _, c := range do(w, w.ListContacts, c, struct{}{}) {
		out = append(out, c.Email)
	}
	return strings.Join(out, " ")
}

func (w *world) settled(id domain.VerificationID) bool {
	w.t.Helper()
	return do(w, w.SettleVerification, domain.System(), commands.SettleVerification{ID: id}).Ended
}

func TestAddContact(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	s := w.addContact(c, " Ada.Lovelace@EXAMPLE.net ")
	m := w.message(s, 1)
	if m.Kind != domain.MessageContactCode || m.To != typed2 || m.Language != "de" || m.Subject != c.Account {
		t.Errorf("the message: %s %s", m.Kind, m.Language)
	}
	if w.contacts(c) != ada {
		t.Error("it is there before it is proven")
	}
	w.appended([]string{"verification.failed.v1"}, func() {
		if _, err := w.check(s, "x"); !errors.Is(err, domain.ErrCode) {
			t.Error(err)
		}
	})
	w.clock.forward(2 * time.Minute)
	w.appended([]string{"delivery.admitted.v1", "verification.issued.v1"}, func() {
		do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
	})
	m = w.message(s, 2)
	w.appended([]string{"verification.passed.v1", "identifier.claimed.v1", "contact.attached.v1"}, func() {
		if _, err := w.check(s, m.Code); err != nil {
			t.Fatal(err)
		}
	})
	w.appended(nil, func() {
		if _, err := w.check(s, m.Code); !errors.Is(err, domain.ErrVerified) {
			t.Errorf("again: %v", err)
		}
		if !w.settled(s.Verification) {
			t.Error("something is left to do")
		}
		refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle}, domain.ErrEnded)
	})
	w.refusesKey(domain.VerificationKey(s.Verification))
	w.restart()
	if got := w.contacts(c); got != ada+" "+typed2 {
		t.Errorf("the contacts are %s", got)
	}
	if again, _ := w.session(ada2); again.Account != c.Account {
		t.Error("nobody can sign in by it")
	}
	if h := fmt.Sprint(do(w, w.History, c, commands.ListHistory{Most: 200}).Entries[:3]); strings.Contains(h, "example.net") {
		t.Error("an entry prints what is personal")
	}
	var types []string
	for _, e := range do(w, w.History, c, commands.ListHistory{Most: 200}).Entries {
		types = append(types, e.Type)
	}
	if got := strings.Join(types, " "); !strings.Contains(got, "verification.requested.v1") || !strings.Contains(got, "contact.attached.v1") {
		t.Errorf("the history has no %s", got)
	}
	officer := w.officer("officer@example.org", domain.RoleCompliance)
	why := commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-2026-1"}
	shown := do(w, w.Reveal, officer, commands.Reveal{Why: why, Account: c.Account, Parts: []domain.RevealedPart{domain.RevealEmail}})
	if fmt.Sprint(shown.Emails) != "["+ada+" "+typed2+"]" {
		t.Error("an officer does not see both")
	}
	if found := do(w, w.LookUp, officer, commands.LookUp{Why: why, Email: ada2}); found.Account != c.Account {
		t.Error("an officer does not find the account by it")
	}
	w.unique()
}

// A code of one purpose never passes for another, and each verification has its own.
func TestCodesAreOfOnePurpose(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	contact, signUp := w.addContact(c, ada2), w.signUp(ada2)
	if _, err := w.check(contact, w.message(signUp, 1).Code); !errors.Is(err, domain.ErrCode) {
		t.Errorf("a sign-up's code for a contact: %v", err)
	}
	if _, err := w.check(signUp, w.message(contact, 1).Code); !errors.Is(err, domain.ErrCode) {
		t.Errorf("a contact's code for a sign-up: %v", err)
	}
	if _, err := w.check(commands.SignedUp{Verification: contact.Verification, Handle: signUp.Handle}, "x"); !errors.Is(err, domain.ErrVerification) {
		t.Errorf("another's handle: %v", err)
	}
}

// For the one who asks, an address that another account has looks like a free one; no code passes, and its owner hears of it.
func TestAContactThatAnotherHas(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.account("eve@example.com")
	var taken, free commands.SignedUp
	of := func(run func()) string { return fmt.Sprint(w.since(run)) }
	if a, b := of(func() { taken = w.addContact(c, "eve@example.com") }), of(func() { free = w.addContact(c, ada2) }); a != b {
		t.Errorf("%s for a taken one, %s for a free one", a, b)
	}
	if m := w.message(taken, 1); m.Kind != domain.MessageContactTaken || m.Code != "" || m.To != "eve@example.com" || m.Subject == c.Account {
		t.Errorf("its owner is sent %s", m.Kind)
	}
	for range domain.MaxTries {
		a, b := w.since(func() { _, _ = w.check(taken, "x") }), w.since(func() { _, _ = w.check(free, "x") })
		if fmt.Sprint(a) != fmt.Sprint(b) {
			t.Errorf("a wrong code: %v, %v", a, b)
		}
	}
	w.refusesKey(domain.VerificationKey(w.endedBy(taken)))
	if w.contacts(c) != ada {
		t.Error("it was added")
	}
}

// endedBy settles a verification and names it.
func (w *world) endedBy(s commands.SignedUp) domain.VerificationID {
	w.t.Helper()
	if !w.settled(s.Verification) {
		w.t.Error("it has not ended")
	}
	return s.Verification
}

// Whoever proves an address first has it.
func TestTwoProveOneAddress(t *testing.T) {
	w := newWorld(t)
	c, eve := w.person(ada), w.person("eve@example.com")
	first, second, signUp := w.addContact(c, ada2), w.addContact(eve, ada2), w.signUp(ada2)
	code, late := w.message(second, 1).Code, w.message(signUp, 1).Code
	if _, err := w.check(first, w.message(first, 1).Code); err != nil {
		t.Fatal(err)
	}
	w.appended([]string{"verification.passed.v1", "verification.ended.v1", "verification.missed.v1"}, func() {
		if _, err := w.check(second, code); !errors.Is(err, domain.ErrTaken) {
			t.Errorf("the second one: %v", err)
		}
	})
	w.refusesKey(domain.VerificationKey(second.Verification))
	if _, err := w.check(signUp, late); !errors.Is(err, domain.ErrTaken) {
		t.Errorf("a sign-up: %v", err)
	}
	if w.contacts(eve) != "eve@example.com" {
		t.Error("both have it")
	}
	w.unique()
}

func TestContactsAreLimited(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	refused(w, w.AddContact, c, commands.AddContact{Email: "ADA@example.com"}, domain.ErrContactOwn)
	refused(w, w.AddContact, c, commands.AddContact{Email: "ada"}, domain.ErrEmail)
	w.attached(c, ada2)
	one, two := w.addContact(c, "one@example.net"), w.addContact(c, "two@example.net")
	if _, err := w.check(one, w.message(one, 1).Code); err != nil {
		t.Fatal(err)
	}
	w.appended([]string{"verification.passed.v1", "verification.ended.v1", "verification.missed.v1"}, func() {
		if _, err := w.check(two, w.message(two, 1).Code); !errors.Is(err, domain.ErrContacts) {
			t.Errorf("the fourth: %v", err)
		}
	})
	refused(w, w.AddContact, c, commands.AddContact{Email: "four@example.net"}, domain.ErrContacts)
	if _, err := w.check(w.signUp("two@example.net"), "x"); !errors.Is(err, domain.ErrCode) {
		t.Error("nobody else can have the address that was one too many")
	}
}

func TestCrashesWhileAContactIsAttached(t *testing.T) {
	t.Parallel()
	var s commands.SignedUp
	var c domain.Caller
	everyCrash(t, func(w *world) func() error {
		c = w.person(ada)
		s = w.addContact(c, ada2)
		code := w.message(s, 1).Code
		return func() error { _, err := w.check(s, code); return err }
	}, func(w *world) {
		if !w.settled(s.Verification) { // it died before the proof was written
			if _, err := w.check(s, w.message(s, 1).Code); err != nil {
				t.Errorf("after the proof was lost: %v", err)
			}
		}
		w.appended(nil, func() { w.settled(s.Verification) })
	}, func(w *world) string {
		w.refusesKey(domain.VerificationKey(s.Verification))
		return w.contacts(c) + w.shape()
	})
}

// While one process attaches a contact, another finds that its day is over, before each of the writes: either the account has the address
// or it is free, and nothing is left of the verification.
func TestAContactIsAttachedAtTheLastMoment(t *testing.T) {
	t.Parallel()
	attached, ended := 0, 0
	for at := 1; ; at++ {
		w := newWorld(t)
		c := w.person(ada)
		s := w.addContact(c, ada2)
		code := w.message(s, 1).Code
		elsewhere := *w
		elsewhere.restart()
		f := &faults{at: at, meanwhile: func() {
			w.clock.forward(domain.VerificationLifetime)
			elsewhere.settled(s.Verification)
		}}
		w.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
		_, err := w.check(s, code)
		if f.n < at {
			break
		}
		w.start(elsewhere.store, elsewhere.vault)
		for range 3 {
			w.settled(s.Verification)
		}
		has := w.contacts(c) == ada+" "+ada2
		switch {
		case has && err != nil, !has && err == nil:
			t.Errorf("write %d: attached: %t, and the answer was %v", at, has, err)
		case has:
			attached++
		default:
			ended++
			w.account(ada2) // free
		}
		w.refusesKey(domain.VerificationKey(w.endedBy(s)))
		w.unique()
	}
	if attached == 0 || ended == 0 {
		t.Errorf("%d attached, %d ended: one side never won", attached, ended)
	}
}

// What is not proven in a day, or at a restore, ends, and its key with it. So does what is proven while the account is being erased: the
// address is then free for others.
func TestContactsThatComeToNothing(t *testing.T) {
	for name, end := range map[string]func(w *world, c domain.Caller, s commands.SignedUp){
		"a day later": func(w *world, _ domain.Caller, s commands.SignedUp) {
			if w.settled(s.Verification) {
				w.t.Error("it ends before its time")
			}
			w.clock.forward(domain.VerificationLifetime)
		},
		"a restore": func(w *world, _ domain.Caller, _ commands.SignedUp) { w.restore() },
		"an erasure": func(w *world, c domain.Caller, s commands.SignedUp) {
			code := w.message(s, 1).Code
			do(w, w.RequestErasure, c, commands.RequestErasure{})
			if _, err := w.check(s, code); !errors.Is(err, domain.ErrClosing) {
				w.t.Errorf("proven while the account is being erased: %v", err)
			}
		},
		"an erasure between the claim and the contact": func(w *world, c domain.Caller, s commands.SignedUp) {
			code := w.message(s, 1).Code
			f := &faults{}
			w.start(faultyStore{w.store, f}, faultyVault{w.vault, f})
			f.n, f.at, f.after = 0, 3, true // the proof is the first write, the identifier's row the second, the claim the third
			_, _ = w.check(s, code)
			w.restart()
			if shape := w.shape(); strings.Count(shape, "identifier.claimed") != 2 || strings.Contains(shape, "contact.attached") {
				w.t.Errorf("it died elsewhere: %s", shape)
			}
			do(w, w.RequestErasure, c, commands.RequestErasure{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.person(ada)
			s := w.addContact(c, ada2)
			end(w, c, s)
			if w.endedBy(s); w.settled(s.Verification) != true {
				t.Error("it has not ended")
			}
			w.refusesKey(domain.VerificationKey(s.Verification))
			if w.message(s, 1) != (commands.MessageToSend{}) {
				t.Error("a code is still sent")
			}
			w.account(ada2) // free for a new account
			w.unique()
		})
	}
}

// An erasure ends all that the account holds, with each of its addresses, which are free afterwards.
func TestErasureOfEveryContact(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, ada2)
	open := w.addContact(c, "open@example.net")
	password := w.passwordOf(c.Account)
	var claims []domain.ClaimID
	for _, contact := range do(w, w.ListContacts, c, struct{}{}) {
		claims = append(claims, contact.ID)
	}
	do(w, w.RequestErasure, c, commands.RequestErasure{})
	w.clock.forward(domain.DefaultGrace)
	if do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account}).State != domain.ErasureDone {
		t.Fatal("not erased")
	}
	w.endedBy(open)
	for _, id := range claims {
		w.refusesKey(domain.IdentifierKey(id))
	}
	w.refusesKey(domain.AccountKey(c.Account))
	w.refusesKey(domain.VerificationKey(open.Verification))
	w.refusesKey(domain.PasswordKey(password))
	for _, email := range []string{ada, ada2, "open@example.net"} {
		w.account(email)
	}
	w.unique()
}
