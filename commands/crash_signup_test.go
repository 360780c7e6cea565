package commands_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// endedIsForgotten: once the log says that a sign-up ended, its key and its password are gone, and no process has to come back to it.
func (w *world) endedIsForgotten(s commands.SignedUp) {
	w.t.Helper()
	for rec, err := range w.journal.ReadBack(w.t.Context(), domain.SignUpStream(s.Verification)) {
		if err != nil {
			w.t.Fatal(err)
		}
		if _, open := rec.Event.(domain.SignUpRequested); !open {
			w.forgotten(s)
		}
		return
	}
}

func (w *world) settleSignUp(s commands.SignedUp) bool {
	w.t.Helper()
	return do(w, w.SettleSignUp, domain.System(), commands.SettleSignUp{ID: s.Verification}).Ended
}

func TestCrashesWhileASignUpLapses(t *testing.T) {
	t.Parallel()
	var s commands.SignedUp
	everyCrash(t, func(w *world) func() error {
		s = w.signUp(ada)
		w.clock.forward(domain.SignUpLifetime)
		return func() error {
			_, err := w.SettleSignUp(t.Context(), request(domain.System()), commands.SettleSignUp{ID: s.Verification})
			return err
		}
	}, func(w *world) {
		w.endedIsForgotten(s)
		if !w.settleSignUp(s) {
			t.Error("it has not lapsed")
		}
	}, func(w *world) string { w.forgotten(s); return w.shape() })
}

// Two sign up with one address; the second to prove it lapses, wherever the process dies.
func TestCrashesWhileARivalLapses(t *testing.T) {
	t.Parallel()
	var first, second commands.SignedUp
	var code string
	everyCrash(t, func(w *world) func() error {
		first, second = w.signUp(ada), w.signUp(ada)
		code = w.message(second, 1).Code
		if _, err := w.check(first, w.message(first, 1).Code); err != nil {
			t.Fatal(err)
		}
		return func() error {
			_, err := w.check(second, code)
			if errors.Is(err, domain.ErrTaken) || errors.Is(err, domain.ErrEnded) {
				return nil
			}
			return err
		}
	}, func(w *world) {
		w.endedIsForgotten(second)
		if !w.settleSignUp(second) { // it died before the proof was written
			if _, err := w.check(second, code); !errors.Is(err, domain.ErrTaken) {
				t.Errorf("after the proof was lost: %v", err)
			}
		}
	}, func(w *world) string { w.forgotten(second); return w.shape() })
}

// Who asked under an Idempotency-Key and got no answer asks again: the account is there, wherever the process died after the proof.
func TestAKeyedCheckAfterACrash(t *testing.T) {
	t.Parallel()
	var s commands.SignedUp
	var r commands.Request
	check := commands.CheckCode{}
	everyCrash(t, func(w *world) func() error {
		s = w.signUp(ada)
		r = keyed(domain.Guest(), "check")
		check.Verification, check.Handle, check.Code = s.Verification, s.Handle, w.message(s, 1).Code
		return func() error { _, err := w.CheckCode(t.Context(), r, check); return err }
	}, func(w *world) {
		w.clock.forward(time.Second)
		if a, err := w.CheckCode(t.Context(), r, check); err != nil || a.Value.Account.IsZero() {
			t.Errorf("asked again: %v", err)
		}
	}, func(w *world) string { w.forgotten(s); return w.shape() })
}
