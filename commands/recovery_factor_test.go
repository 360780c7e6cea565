package commands_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/vault"
)

// triedWorld is a ledger with a person whose authenticator app and recovery codes are off probation.
func triedWorld(t *testing.T) (w *world, phone app, codes []string) {
	t.Helper()
	w = newWorld(t)
	w.account(ada)
	c := w.signedIn(ada)
	offer := do(w, w.OfferTOTP, c, struct{}{})
	phone = app{w: w, seed: seedOf(t, offer)}
	made := do(w, w.ConfirmTOTP, c, commands.ConfirmTOTP{Continuation: offer.Continuation, Code: phone.code(), Name: "my phone"})
	phone.id = made.Factor.ID
	w.clock.forward(domain.FactorProbation)
	return w, phone, made.Codes
}

// needing is a recovery of Ada's whose code was right, and what it needs besides.
func (w *world) needing() (commands.CompleteRecovery, []domain.RecoveryWay) {
	w.t.Helper()
	r := do(w, w.Recover, domain.Guest(), commands.Recover{Email: ada})
	code := do(w, w.Message, domain.System(), domain.MessageRequest{Verification: domain.VerificationID(r.ID), Issue: 1}).Code
	checked := do(w, w.CheckRecovery, domain.Guest(), commands.CheckRecovery{ID: r.ID, Handle: r.Handle, Code: code})
	return commands.CompleteRecovery{ID: r.ID, Handle: r.Handle, Password: passwords.New(newPassword)}, checked.Needs
}

func wait(in commands.CompleteRecovery) commands.WaitRecovery {
	return commands.WaitRecovery{ID: in.ID, Handle: in.Handle}
}

// A code and a factor recover an account at once; the factors that were tried stay.
func TestRecoveryByAFactor(t *testing.T) {
	w, phone, _ := triedWorld(t)
	in, needs := w.needing()
	if len(needs) != 3 || needs[0][0] != domain.RecoveryByTOTP || needs[1][0] != domain.RecoveryByRecoveryCode || needs[2][0] != domain.RecoveryByWaiting {
		t.Errorf("it needs %v", needs)
	}
	refused(w, w.CompleteRecovery, domain.Guest(), in, domain.ErrRecoveryWaits)
	in.Evidence = commands.Evidence{TOTP: "00000x"}
	refused(w, w.CompleteRecovery, domain.Guest(), in, domain.ErrTOTP)
	in.Evidence = commands.Evidence{TOTP: phone.next()}
	done := do(w, w.CompleteRecovery, domain.Guest(), in)
	if len(done.Codes) > 0 {
		t.Error("recovery codes were made")
	}
	p := do(w, w.SignIn, domain.Guest(), newSignIn()).Pending
	if p == nil {
		t.Fatal("the factor is gone")
	}
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next()))
}

func newSignIn() commands.SignIn {
	in := signInOf(ada)
	in.Password = passwords.New(newPassword)
	return in
}

// A recovery code recovers it, too; the others are replaced.
func TestRecoveryByARecoveryCode(t *testing.T) {
	w, _, codes := triedWorld(t)
	in, _ := w.needing()
	in.Evidence = commands.Evidence{RecoveryCode: codes[0]}
	r := keyed(domain.Guest(), "complete")
	one, err := w.CompleteRecovery(t.Context(), r, in)
	if err != nil || len(one.Value.Codes) != 10 {
		t.Fatalf("%d codes: %v", len(one.Value.Codes), err)
	}
	w.restart()
	if two, err := w.CompleteRecovery(t.Context(), r, in); err != nil || two.Value.Codes[0] != one.Value.Codes[0] {
		t.Errorf("a repeat: %v", err)
	}
	p := do(w, w.SignIn, domain.Guest(), newSignIn()).Pending
	refused(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, codes[1]), domain.ErrRecoveryCode)
	do(w, w.ContinueSignIn, domain.Guest(), withRecoveryCode(p, one.Value.Codes[1]))
}

// A code alone never removes a factor before the waiting time is over, and its owner hears of it each day.
func TestRecoveryByWaiting(t *testing.T) {
	w, phone, _ := triedWorld(t)
	in, _ := w.needing()
	until := do(w, w.WaitRecovery, domain.Guest(), wait(in)).Until
	if again := do(w, w.WaitRecovery, domain.Guest(), wait(in)); !again.Until.Equal(until) {
		t.Error("asking again begins another time")
	}
	told := func() (n int) {
		for _, f := range w.log() {
			if alert, ok := f.Alert(); ok && alert.Kind == domain.MessageRecoveryWaits && !alert.Account.IsZero() {
				n++
			}
		}
		return n
	}
	for day := 1; day <= 2; day++ {
		w.restart()
		if w.settled(domain.VerificationID(in.ID)) || told() != day {
			t.Errorf("on day %d it is settled, or told %d times", day, told())
		}
		w.clock.forward(24 * time.Hour)
		if !w.settled(domain.VerificationID(in.ID)) || told() != day+1 {
			t.Errorf("after day %d: told %d times", day, told())
		}
	}
	w.clock.forward(until.Sub(w.clock.Now()) - time.Minute)
	refused(w, w.CompleteRecovery, domain.Guest(), in, domain.ErrRecoveryWaits)
	w.clock.forward(time.Minute)
	do(w, w.CompleteRecovery, domain.Guest(), in)
	if do(w, w.SignIn, domain.Guest(), newSignIn()).Pending != nil {
		t.Error("the factor is still asked for")
	}
	do(w, w.SettleFactor, domain.System(), commands.SettleFactor{Factor: phone.id})
	if _, err := w.vault.Key(t.Context(), domain.FactorKey(phone.id)); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the key of the app: %v", err)
	}
}

// A sign-in with a factor, word that it was not the owner, and another recovery stop one that waits; so do its time, and a restore.
func TestWhatStopsAWaitingRecovery(t *testing.T) {
	for name, stop := range map[string]func(w *world, phone app){
		"a sign-in with the app": func(w *world, phone app) {
			do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next()))
		},
		"another recovery": func(w *world, phone app) {
			other, _ := w.needing()
			other.Evidence = commands.Evidence{TOTP: phone.next()}
			do(w, w.CompleteRecovery, domain.Guest(), other)
		},
		"its time":  func(w *world, _ app) { w.clock.forward(domain.DefaultRecoveryWait + domain.RecoveryOpen) },
		"a restore": func(w *world, _ app) { w.restore() },
	} {
		t.Run(name, func(t *testing.T) {
			w, phone, _ := triedWorld(t)
			in, _ := w.needing()
			do(w, w.WaitRecovery, domain.Guest(), wait(in))
			w.clock.forward(domain.DefaultRecoveryWait - time.Minute)
			stop(w, phone)
			w.clock.forward(time.Minute)
			w.restart()
			refused(w, w.CompleteRecovery, domain.Guest(), in, domain.ErrRecoveryEnded)
			refused(w, w.WaitRecovery, domain.Guest(), wait(in), domain.ErrRecoveryEnded)
			if !w.settled(domain.VerificationID(in.ID)) {
				t.Error("it is not settled")
			}
		})
	}
}

// Whoever stole a session and its password, and enrols a factor, keeps nobody from recovering the account.
func TestAThiefsFactor(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.enrolApp(w.signedIn(ada))
	in, needs := w.needing()
	if len(needs) != 0 {
		t.Errorf("it needs %v", needs)
	}
	do(w, w.CompleteRecovery, domain.Guest(), in)
	if do(w, w.SignIn, domain.Guest(), newSignIn()).Pending != nil {
		t.Error("the thief's factor is asked for")
	}

	// Nor does it let the thief recover an account that has another factor, nor stop its owner.
	w, phone, _ := triedWorld(t)
	c := w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next())).Token)
	thief := w.enrolApp(c)
	in, _ = w.needing()
	in.Evidence = commands.Evidence{TOTP: thief.next()}
	refused(w, w.CompleteRecovery, domain.Guest(), in, domain.ErrTOTP)
	do(w, w.WaitRecovery, domain.Guest(), wait(in))
	w.clock.forward(domain.DefaultRecoveryWait)
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), thief.next()))
	in.Evidence = commands.Evidence{}
	do(w, w.CompleteRecovery, domain.Guest(), in)
	if do(w, w.SignIn, domain.Guest(), newSignIn()).Pending != nil {
		t.Error("a factor is asked for")
	}
}

// Without waiting, who has lost every factor has lost the account.
func TestNoWaiting(t *testing.T) {
	w, _, _ := triedWorld(t)
	w.deps.Config.RecoveryWait = 0
	w.restart()
	in, needs := w.needing()
	if len(needs) != 2 {
		t.Errorf("it needs %v", needs)
	}
	refused(w, w.WaitRecovery, domain.Guest(), wait(in), domain.ErrNotAWay)
	refused(w, w.CompleteRecovery, domain.Guest(), in, domain.ErrRecoveryWaits)
}
