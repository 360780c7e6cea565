package commands_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

func TestCodes(t *testing.T) {
	w := newWorld(t)
	s, other := w.signUp(ada), w.signUp("eve@example.com")
	code := w.message(s, 1).Code
	if _, err := w.check(commands.SignedUp{Verification: s.Verification, Handle: other.Handle}, code); !errors.Is(err, domain.ErrVerification) {
		t.Errorf("another's handle: %v", err)
	}
	if _, err := w.check(commands.SignedUp{Verification: domain.VerificationID{}, Handle: s.Handle}, code); !errors.Is(err, domain.ErrVerification) {
		t.Errorf("no verification: %v", err)
	}
	if _, err := w.check(s, w.message(other, 1).Code); !errors.Is(err, domain.ErrCode) {
		t.Errorf("the code of another verification: %v", err)
	}
	w.clock.forward(2 * time.Minute)
	resent := do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
	if !resent.CodeExpires.After(s.CodeExpires) {
		t.Error("the new code holds no longer")
	}
	if got := w.message(s, 1); got != (commands.MessageToSend{}) {
		t.Error("the old code is still sent")
	}
	if _, err := w.check(s, code); !errors.Is(err, domain.ErrCode) {
		t.Errorf("after a resend: %v", err)
	}
	code = w.message(s, 2).Code
	w.appended(nil, func() { // a double click
		if again := do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle}); again != resent {
			t.Error("a double click changes the answer")
		}
	})
	w.clock.forward(domain.CodeLifetime)
	if got := w.message(s, 2); got != (commands.MessageToSend{}) {
		t.Error("an expired code is sent")
	}
	w.appended(nil, func() {
		for _, code := range []string{code, "999"} { // no try is used up
			if _, err := w.check(s, code); !errors.Is(err, domain.ErrCodeExpired) {
				t.Errorf("expired: %v", err)
			}
		}
	})
	do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
	code = w.message(s, 3).Code
	if _, err := w.check(s, "999"); !errors.Is(err, domain.ErrCode) {
		t.Errorf("the third wrong one: %v", err)
	}
	if _, err := w.check(s, code); err != nil {
		t.Fatalf("the fourth try, and right: %v", err)
	}
	w.appended(nil, func() {
		for _, code := range []string{code, "999"} {
			if _, err := w.check(s, code); !errors.Is(err, domain.ErrVerified) {
				t.Errorf("checked again: %v", err)
			}
		}
		refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle}, domain.ErrEnded)
	})
	w.unique()
}

func TestTheSixthTry(t *testing.T) {
	w := newWorld(t)
	s := w.signUp(ada)
	code := w.message(s, 1).Code
	for try := 1; try <= 5; try++ {
		want := domain.ErrCode
		if try == 5 {
			want = domain.ErrEnded
		}
		if _, err := w.check(s, "x"); !errors.Is(err, want) {
			t.Errorf("try %d: %v", try, err)
		}
	}
	w.appended(nil, func() {
		if _, err := w.check(s, code); !errors.Is(err, domain.ErrEnded) {
			t.Errorf("the right code at the sixth try: %v", err)
		}
	})
	w.account(ada) // nobody is locked out: a new sign-up passes
}

func TestLongCodesAfterTooManyWrongOnes(t *testing.T) {
	w := newWorld(t)
	for n := range 4 {
		s := w.signUpAt(n, ada)
		if len(w.message(s, 1).Code) != 6 {
			t.Fatal("a long code too early")
		}
		for range 5 {
			_, _ = w.check(s, "x")
		}
	}
	s := w.signUpAt(4, "ADA@example.com")
	if code := w.message(s, 1).Code; len(code) != 13 {
		t.Errorf("after 20 wrong codes a code has %d characters", len(code))
	} else if _, err := w.check(s, strings.ToLower(code[:4]+" "+code[4:])); err != nil {
		t.Errorf("the long code: %v", err)
	}
	if code := w.message(w.signUp("eve@example.com"), 1).Code; len(code) != 6 {
		t.Error("somebody else's codes are long")
	}
	w.clock.forward(24 * time.Hour)
	if code := w.message(w.signUp("x"+ada), 1).Code; len(code) != 6 {
		t.Error("still long on the next day")
	}
	n := 0
	for _, f := range w.log() {
		if f.Type == "attempts.limited.v1" {
			n++
		}
	}
	if n != 1 {
		t.Errorf("%d events of a limit", n)
	}
}
