package commands_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

// byApp signs Ada in with what her app shows next.
func (w *world) byApp(a app) domain.Caller {
	w.t.Helper()
	return w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), a.next())).Token)
}

// Whoever removed an address with a second factor is undone by one that the account had then; neither the link alone nor a thief's factor is enough.
func TestUndoOfWhatTookAFactor(t *testing.T) {
	w, phone, codes := triedWorld(t)
	c := w.byApp(phone)
	m := w.moved(c)
	refused(w, w.Undo, domain.Guest(), undoOf(m), domain.ErrUndoLevel)
	in := undoOf(m)
	in.Evidence = commands.Evidence{TOTP: "00000x"}
	refused(w, w.Undo, domain.Guest(), in, domain.ErrTOTP)
	late := w.enrolApp(c)
	in.Evidence = commands.Evidence{TOTP: late.next()}
	refused(w, w.Undo, domain.Guest(), in, domain.ErrTOTP)
	wrong := wrongly(m)
	wrong.Evidence = commands.Evidence{RecoveryCode: codes[0]}
	refused(w, w.Undo, domain.Guest(), wrong, domain.ErrCode)
	in.Evidence = commands.Evidence{RecoveryCode: codes[0]} // a wrong code of the link has not used it up
	do(w, w.Undo, domain.Guest(), in)
	refused(w, w.Undo, domain.Guest(), in, domain.ErrLinkEnded)
}

// A thief with a session and the password enrols an app, and moves the account with it: the owner's link alone undoes that.
func TestUndoAgainstAThiefsFactor(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	thief := w.signedIn(ada)
	phone := w.enrolApp(thief)
	thief = w.authenticated(do(w, w.Raise, thief, commands.Raise{Evidence: commands.Evidence{TOTP: phone.next()}}).Token)
	m := w.moved(thief)
	do(w, w.Undo, domain.Guest(), undoOf(m))
	in, needs := w.needing()
	if len(needs) != 0 {
		t.Errorf("the owner needs %v", needs)
	}
	do(w, w.CompleteRecovery, domain.Guest(), in)
	if do(w, w.SignIn, domain.Guest(), newSignIn()).Pending != nil {
		t.Error("the thief's factor is asked for")
	}
}

// While an account is guarded, the factors that it had before stay.
func TestFactorsOfAGuardedAccount(t *testing.T) {
	w, phone, _ := triedWorld(t)
	in, _ := w.needing()
	in.Evidence = commands.Evidence{TOTP: phone.next()}
	do(w, w.CompleteRecovery, domain.Guest(), in)
	p := do(w, w.SignIn, domain.Guest(), newSignIn()).Pending
	c := w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next())).Token)
	refused(w, w.RemoveFactor, c, commands.RemoveFactor{ID: phone.id}, domain.ErrGuarded)
	w.clock.forward(time.Second)
	other := w.enrolApp(c)
	do(w, w.RemoveFactor, c, commands.RemoveFactor{ID: other.id})
}

// A wrong password costs and tells as much whether or not the account has a factor.
func TestWrongPasswordsTellNothingOfFactors(t *testing.T) {
	w := newWalk(t, 1)
	w.account("bob@example.com")
	w.enrolApp(w.signedIn(ada))
	w.signedIn("bob@example.com")
	efforts := map[string]effort{}
	for range 2 { // cold and warm
		for _, email := range []string{ada, "bob@example.com"} {
			in := signInOf(email)
			in.Password = passwords.New("not theirs at all")
			efforts[email] = w.step(func() error {
				_, err := w.SignIn(t.Context(), request(domain.Guest()), in)
				return err
			})
		}
		if efforts[ada] != efforts["bob@example.com"] {
			t.Errorf("%+v", efforts)
		}
	}
}

// A process whose clock is ahead takes no code that the app shows now, and none that another process has taken.
func TestACodeAndAClockAhead(t *testing.T) {
	w, phone := factorWorld(t)
	p := w.begin()
	code := phone.next()
	w.clock.forward(9 * time.Minute)
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, code), domain.ErrTOTP)
	w.clock.forward(-9 * time.Minute)
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(p, code))
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), code), domain.ErrTOTP)
}

// Right passwords with wrong codes do not grow the log without end: sign-ins have a budget, and the app's limit comes first.
func TestAFloodOfRightPasswords(t *testing.T) {
	w, phone := factorWorld(t)
	w.deps.Config.Limits.Starts = commands.Bucket{Burst: 20, Every: time.Hour}
	w.restart()
	before, limited := len(w.log()), false
	for range 200 {
		a, err := w.SignIn(t.Context(), request(domain.Guest()), signInOf(ada))
		if errors.Is(err, domain.ErrRate) {
			limited = true
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		for range domain.MaxTries {
			_, err = w.ContinueSignIn(t.Context(), request(domain.Guest()), withFactor(a.Value.Pending, "00000x"))
		}
		if !errors.Is(err, domain.ErrTOTP) && !errors.Is(err, domain.ErrRate) {
			t.Fatal(err)
		}
	}
	if grown := len(w.log()) - before; !limited || grown > 60 {
		t.Errorf("the log grew by %d, limited %v", grown, limited)
	}
	w.clock.forward(time.Hour)
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next()))
}
