package commands_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// diesAfterAdmission runs an act in a process that dies once a message was admitted, before what asks for the message is appended.
func (w *world) diesAfterAdmission(act func() error) {
	w.t.Helper()
	admissions := func() (n int) {
		for _, f := range w.log() {
			if _, ok := f.Event.(domain.DeliveryAdmitted); ok {
				n++
			}
		}
		return n
	}
	before := admissions()
	for at := 1; admissions() == before; at++ {
		f := &faults{at: at, after: true}
		w.start(faultyStore{w.store, f}, w.vault)
		if err := act(); err == nil || !f.dead {
			w.t.Fatalf("it did not die at write %d: %v", at, err)
		}
	}
	w.restart()
}

// TestACrashWastesAPlaceAtMost: of a request without an Idempotency-Key, which nobody can repeat; an hour later
// there is room again, and there are two fewer that day.
func TestACrashWastesAPlaceAtMost(t *testing.T) {
	w := newWorld(t)
	const address = "192.0.2.1"
	for range 2 {
		w.diesAfterAdmission(func() error { return w.signUpFrom(address, ada) })
	}
	w.must(w.signUpFrom(address, ada))
	over(t, w.signUpFrom(address, ada), time.Hour)
	w.must(w.signUpFrom("198.51.100.1", ada)) // who is elsewhere still has room
	w.clock.forward(time.Hour)
	for range 3 {
		w.must(w.signUpFrom(address, ada))
	}
	over(t, w.signUpFrom(address, ada), 24*time.Hour) // six on a day, the two included
}

// TestACrashWhileResendingWastesNothing: another request for the same code finds its place, with or without an Idempotency-Key.
func TestACrashWhileResendingWastesNothing(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	resend := func() error {
		_, err := w.Resend(context.Background(), request(domain.Guest()), commands.Resend{Verification: s.Verification, Handle: s.Handle})
		return err
	}
	w.clock.forward(2 * time.Minute)
	w.diesAfterAdmission(resend)
	w.must(resend())
	w.clock.forward(2 * time.Minute)
	w.must(resend())
	over(t, w.signUpFrom("192.0.2.7", ada), time.Hour)
	if m := w.message(s, 3); m.Code == "" || w.message(s, 2).Code != "" {
		t.Error("not the last code would be sent")
	}
	w.unique()
}

// TestARestoreAfterAnAdmission: what the admission was for is not in the backup. The repeat of the request has its place still, and is sent one
// code; without a repeat nothing is sent.
func TestARestoreAfterAnAdmission(t *testing.T) {
	w := newWorld(t)
	r := keyed(domain.Guest(), "signUp")
	ask := func() (commands.SignedUp, error) {
		a, err := w.SignUp(context.Background(), r, signUpOf(ada))
		return a.Value, err
	}
	w.diesAfterAdmission(func() error { _, err := ask(); return err })
	w.restore()
	for _, f := range w.log() {
		if m, ok := f.Asks(); ok {
			t.Errorf("a message is asked for: %+v", m)
		}
	}
	s, err := ask()
	w.must(err)
	again, err := ask()
	w.must(err)
	asked := map[domain.DeliveryID]bool{}
	for _, f := range w.log() {
		if m, ok := f.Asks(); ok {
			asked[m.Delivery] = true
		}
	}
	if again != s || len(asked) != 1 {
		t.Errorf("%d messages are asked for", len(asked))
	}
	if _, err := w.check(s, w.message(s, 1).Code); err != nil {
		t.Error(err)
	}
	w.unique()
}

// TestARepeatAfterARestoreIsToldSo: the request is in the backup, and its message is not sent any more. Who repeats the request would wait
// for it in vain.
func TestARepeatAfterARestoreIsToldSo(t *testing.T) {
	w, _ := askingWorld(t)
	caller, err := w.Authenticate(t.Context(), func() commands.Token {
		p := w.begin()
		return do(w, w.ContinueSignIn, domain.Guest(), withCode(p, w.codeOf(p))).Token
	}())
	w.must(err)
	signUp, signIn, add := keyed(domain.Guest(), "signUp"), keyed(domain.Guest(), "signIn"), keyed(caller, "addContact")
	requests := map[string]func() error{
		"sign-up": func() error { _, err := w.SignUp(t.Context(), signUp, signUpOf("eve@example.com")); return err },
		"sign-in": func() error { _, err := w.SignIn(t.Context(), signIn, signInOf(ada)); return err },
		"address": func() error {
			_, err := w.AddContact(t.Context(), add, commands.AddContact{Email: "two@example.com"})
			return err
		},
	}
	for _, ask := range requests {
		w.must(ask())
	}
	w.restore()
	for name, ask := range requests {
		w.appended(nil, func() {
			if err := ask(); !errors.Is(err, domain.ErrRepeatLate) {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	for _, f := range w.log() {
		if m, ok := f.Asks(); ok {
			if got := do(w, w.Message, domain.System(), m); got.To != "" {
				t.Error(fmt.Sprint("a message would be sent for ", f.Type))
			}
		}
	}
}
