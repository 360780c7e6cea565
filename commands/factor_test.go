package commands_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/totp"
	"accountledger/vault"
)

// app is an authenticator app that somebody has set up.
type app struct {
	w    *world
	id   domain.FactorID
	seed []byte
}

// code is what it shows now.
func (a app) code() string { return totp.Code(a.seed, a.w.clock.Now()) }

// next is what it shows once that has changed.
func (a app) next() string {
	a.w.clock.forward(totp.Period)
	return a.code()
}

func seedOf(t testing.TB, offer commands.TOTPOffer) []byte {
	t.Helper()
	seed, err := totp.Seed(offer.Seed)
	if err != nil {
		t.Fatal(err)
	}
	return seed
}

// enrolApp sets up an authenticator app for a caller whose proof is fresh.
func (w *world) enrolApp(c domain.Caller) app {
	w.t.Helper()
	offer := do(w, w.OfferTOTP, c, struct{}{})
	a := app{w: w, seed: seedOf(w.t, offer)}
	a.id = do(w, w.ConfirmTOTP, c, commands.ConfirmTOTP{Continuation: offer.Continuation, Code: a.code(), Name: "my phone"}).Factor.ID
	return a
}

// signedIn is somebody who has just signed in by their password alone.
func (w *world) signedIn(email string) domain.Caller {
	w.t.Helper()
	return w.authenticated(do(w, w.SignIn, domain.Guest(), signInOf(email)).Token)
}

// withFactor continues a sign-in with what an app shows.
func withFactor(p *commands.PendingSignIn, code string) commands.ContinueSignIn {
	return commands.ContinueSignIn{ID: p.ID, Handle: p.Handle, Evidence: commands.Evidence{TOTP: code}}
}

// factorWorld is a ledger with a person who has an authenticator app.
func factorWorld(t *testing.T) (*world, app) {
	t.Helper()
	w := newWorld(t)
	w.account(ada)
	return w, w.enrolApp(w.signedIn(ada))
}

func TestSignInByTOTP(t *testing.T) {
	w, phone := factorWorld(t)
	p := w.begin()
	if !slices.Equal(p.Needs, []domain.AuthMethod{domain.MethodTOTP, domain.MethodRecoveryCode}) {
		t.Errorf("it needs %v", p.Needs)
	}
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.code()), domain.ErrTOTP) // it set the app up
	code := phone.next()
	for _, e := range []commands.Evidence{{}, {Code: code, TOTP: code}} {
		refused(w, w.ContinueSignIn, domain.Guest(), commands.ContinueSignIn{ID: p.ID, Handle: p.Handle, Evidence: e}, domain.ErrEvidence)
	}
	refused(w, w.ContinueSignIn, domain.Guest(), withCode(p, code), domain.ErrNotAWay)
	other := withFactor(p, code)
	other.Handle = "another"
	refused(w, w.ContinueSignIn, domain.Guest(), other, domain.ErrSignIn)
	in := do(w, w.ContinueSignIn, domain.Guest(), withFactor(p, code))
	c := w.authenticated(in.Token)
	log := w.log()
	i := slices.IndexFunc(log, func(f domain.Fact) bool {
		e, ok := f.Event.(domain.SessionStarted)
		return ok && e.Session == in.Session
	})
	if started := log[i].Event.(domain.SessionStarted); c.Level != domain.LevelTwo || c.Reach != domain.LevelTwo ||
		!slices.Equal(started.Methods, []domain.AuthMethod{domain.MethodPassword, domain.MethodTOTP}) {
		t.Errorf("%+v %+v", c, started)
	}
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next()), domain.ErrSignInEnded)
	another := w.begin()
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(another, code), domain.ErrTOTP) // used, although its time is not over
	w.restart()
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(another, phone.next()))
}

// A code passes once: two processes, and two sign-ins at once.
func TestACodePassesOnce(t *testing.T) {
	w, phone := factorWorld(t)
	here, there := w.begin(), w.begin()
	first := w.Menu
	w.restart()
	code := phone.next()
	outcomes := make(chan error, 2)
	go func() {
		_, err := first.ContinueSignIn(t.Context(), request(domain.Guest()), withFactor(here, code))
		outcomes <- err
	}()
	go func() {
		_, err := w.ContinueSignIn(t.Context(), request(domain.Guest()), withFactor(there, code))
		outcomes <- err
	}()
	one, two := <-outcomes, <-outcomes
	if (one == nil) == (two == nil) || !errors.Is(errors.Join(one, two), domain.ErrTOTP) {
		t.Errorf("%v, %v", one, two)
	}
}

// Wrong codes end the sign-in, then make apps wait; they never touch the password, and wrong passwords never touch the app.
func TestWrongTOTPs(t *testing.T) {
	w, phone := factorWorld(t)
	p := w.begin()
	for range domain.MaxTries {
		refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, "00000x"), domain.ErrTOTP)
	}
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next()), domain.ErrSignInEnded)
	p = w.begin()
	for range 5 {
		refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, "00000x"), domain.ErrTOTP)
	}
	p = w.begin() // the password goes on
	w.appended(nil, func() { refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next()), domain.ErrRate) })
	w.restart()
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next()), domain.ErrRate)
	w.clock.forward(time.Hour)
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next()))
	known := 0
	for _, f := range w.log() {
		if alert, ok := f.Alert(); ok && alert.Kind == domain.MessagePasswordKnown {
			known++
		}
	}
	if known != 2 {
		t.Errorf("the owner is told %d times that somebody knows the password", known)
	}
}

// Raising a session takes the factor; a thief who has one cannot keep the owner's app from signing in.
func TestRaiseByTOTP(t *testing.T) {
	w, phone := factorWorld(t)
	c := w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next())).Token)
	refused(w, w.Raise, c, raiseBy(password), domain.ErrNotAWay)
	w.clock.forward(domain.FactorFreshness)
	c.ProofAge = domain.FactorFreshness + time.Second
	err := w.RemoveFactor.May(c)
	var refusal *domain.Error
	if !errors.As(err, &refusal) || refusal.StepUp == nil || refusal.StepUp.Level != domain.LevelTwo ||
		!slices.Equal(refusal.StepUp.Ways, []domain.AuthMethod{domain.MethodTOTP, domain.MethodRecoveryCode}) {
		t.Errorf("%+v", refusal)
	}
	c = w.authenticated(do(w, w.Raise, c, commands.Raise{Evidence: commands.Evidence{TOTP: phone.next()}}).Token)
	if c.Level != domain.LevelTwo || c.ProofAge > time.Minute {
		t.Errorf("%+v", c)
	}
	for range 10 {
		refused(w, w.Raise, c, commands.Raise{Evidence: commands.Evidence{TOTP: "00000x"}}, domain.ErrTOTP)
	}
	refused(w, w.Raise, c, commands.Raise{Evidence: commands.Evidence{TOTP: phone.next()}}, domain.ErrRate)
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(w.begin(), phone.next()))
}

// A session of the first level may not change what the account rests on once it has a factor.
func TestTheFirstLevelIsNotEnough(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	early := do(w, w.SignIn, domain.Guest(), signInOf(ada))
	phone := w.enrolApp(w.authenticated(early.Token))
	c := w.authenticated(early.Token)
	refused(w, w.OfferTOTP, c, struct{}{}, domain.ErrStepUp)
	refused(w, w.RemoveFactor, c, commands.RemoveFactor{ID: phone.id}, domain.ErrStepUp)
	refused(w, w.AddContact, c, commands.AddContact{Email: ada2}, domain.ErrStepUp)
	refused(w, w.RequestErasure, c, commands.RequestErasure{}, domain.ErrStepUp)
	c = w.authenticated(do(w, w.Raise, c, commands.Raise{Evidence: commands.Evidence{TOTP: phone.next()}}).Token)
	do(w, w.RemoveFactor, c, commands.RemoveFactor{ID: phone.id})
	if _, err := w.vault.Key(t.Context(), domain.FactorKey(phone.id)); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the key of the app: %v", err)
	}
	if c := w.signedIn(ada); c.Reach != domain.LevelOne {
		t.Error("there is no factor any more")
	}
}

// The set-up is the caller's and this session's, for ten minutes, and for once.
func TestSetUpOfAnApp(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.account("bob@example.com")
	c := w.signedIn(ada)
	offer := do(w, w.OfferTOTP, c, struct{}{})
	a := app{w: w, seed: seedOf(t, offer)}
	confirm := commands.ConfirmTOTP{Continuation: offer.Continuation, Code: a.code(), Name: "my phone"}
	refused(w, w.ConfirmTOTP, w.signedIn("bob@example.com"), confirm, domain.ErrEnrolTOTP)
	refused(w, w.ConfirmTOTP, w.signedIn(ada), confirm, domain.ErrEnrolTOTP)
	wrong := confirm
	wrong.Code = "00000x"
	w.appended(nil, func() { refused(w, w.ConfirmTOTP, c, wrong, domain.ErrTOTP) })
	wrong = confirm
	wrong.Name = "\n"
	w.appended(nil, func() { refused(w, w.ConfirmTOTP, c, wrong, domain.ErrFactorName) })
	w.restart()
	do(w, w.ConfirmTOTP, c, confirm)
	c.Level = domain.LevelTwo
	confirm.Code = a.next()
	refused(w, w.ConfirmTOTP, c, confirm, domain.ErrEnrolTOTP)
	late := do(w, w.OfferTOTP, c, struct{}{})
	w.clock.forward(10 * time.Minute)
	b := app{w: w, seed: seedOf(t, late)}
	refused(w, w.ConfirmTOTP, c, commands.ConfirmTOTP{Continuation: late.Continuation, Code: b.code(), Name: "late"}, domain.ErrEnrolTOTP)
	w.enrolApp(c)
	third := do(w, w.OfferTOTP, c, struct{}{})
	b.seed = seedOf(t, third)
	refused(w, w.ConfirmTOTP, c, commands.ConfirmTOTP{Continuation: third.Continuation, Code: b.code(), Name: "third"}, domain.ErrFactors)
	if all := do(w, w.ListFactors, c, struct{}{}); len(all) != 3 || all[1].Kind != domain.FactorRecoveryCodes ||
		all[0].Name != "my phone" || all[0].Kind != domain.FactorTOTP {
		t.Errorf("%d factors", len(all))
	}
}

// A restore forgets which codes were used: none from before it passes.
func TestACodeFromBeforeARestore(t *testing.T) {
	w, phone := factorWorld(t)
	code := phone.next()
	w.restore()
	p := w.begin()
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, code), domain.ErrTOTP)
	refused(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next()), domain.ErrTOTP)
	phone.next()
	do(w, w.ContinueSignIn, domain.Guest(), withFactor(p, phone.next()))
}

// A remembered client is asked for the password alone, for a time; what it may do is that of the first level.
func TestRememberedClients(t *testing.T) {
	w, phone := factorWorld(t)
	in := withFactor(w.begin(), phone.next())
	in.Remember = true
	out := do(w, w.ContinueSignIn, domain.Guest(), in)
	again := signInOf(ada)
	again.Client = out.Client
	remembered := func() bool { return do(w, w.SignIn, domain.Guest(), again).Pending == nil }
	w.restart()
	if c := w.authenticated(do(w, w.SignIn, domain.Guest(), again).Token); c.Level != domain.LevelOne || c.Reach != domain.LevelTwo {
		t.Errorf("%+v", c)
	}
	w.begin() // another client
	w.clock.forward(domain.RememberedFor)
	if remembered() {
		t.Error("it is remembered forever")
	}
	for name, forget := range map[string]func(c domain.Caller){
		"everywhere": func(c domain.Caller) { do(w, w.SignOutEverywhere, c, struct{}{}) },
		"restored":   func(domain.Caller) { w.restore() },
		"factor":     func(c domain.Caller) { w.enrolApp(c) },
	} {
		w.clock.forward(5 * totp.Period)
		in := withFactor(w.begin(), phone.next())
		in.Remember = true
		out := do(w, w.ContinueSignIn, domain.Guest(), in)
		again.Client = out.Client
		if !remembered() {
			t.Errorf("%s: it is not remembered", name)
		}
		forget(w.authenticated(out.Token))
		if remembered() {
			t.Errorf("%s: it is still remembered", name)
		}
	}
}

// Whoever reads the owner's mail undoes what a thief enrolled.
func TestADisownedFactor(t *testing.T) {
	w := newWorld(t)
	id := w.account(ada)
	phone := w.enrolApp(w.signedIn(ada))
	var of domain.EventID
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.FactorEnrolled); ok && e.Factor == phone.id {
			of = f.ID
		}
	}
	a := domain.NewAccount(id)
	for _, f := range w.log() {
		if f.Stream == domain.AccountStream(id) {
			if err := a.Apply(f); err != nil {
				t.Fatal(err)
			}
		}
	}
	events, err := a.Disown(of, w.clock.Now())
	if err != nil || !slices.ContainsFunc(events, func(e any) bool {
		removed, ok := e.(domain.FactorRemoved)
		return ok && removed.Factor == phone.id && removed.Reason == domain.FactorDisowned
	}) {
		t.Errorf("%v %v", events, err)
	}
}
