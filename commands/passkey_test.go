package commands_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
	"accountledger/passwords"
	"accountledger/vault"
)

var thePage = passkeytest.Page{Origin: "https://accounts.example.com"}

// enrolPasskey makes a passkey for a caller whose proof is fresh.
func (w *world) enrolPasskey(c domain.Caller, d *passkeytest.Device) domain.FactorID {
	w.t.Helper()
	return do(w, w.ConfirmPasskey, c, commands.ConfirmPasskey{Passkey: made(d, thePage, do(w, w.OfferPasskey, c, struct{}{})), Name: "my key"}).Factor.ID
}

func made(d *passkeytest.Device, page passkeytest.Page, o passkeys.RegistrationOptions) commands.PasskeyAnswer {
	return commands.PasskeyAnswer(d.Make(page, o))
}

func signed(d *passkeytest.Device, page passkeytest.Page, o passkeys.AssertionOptions) commands.PasskeyAnswer {
	return commands.PasskeyAnswer(d.Sign(page, o))
}

// answer is a device's answer to a new challenge for guests.
func (w *world) answer(d *passkeytest.Device) commands.SignInByPasskey {
	w.t.Helper()
	d.Count++
	return commands.SignInByPasskey{Passkey: signed(d, thePage, do(w, w.AskSignIn, domain.Guest(), struct{}{}))}
}

// byPasskey signs in by a passkey alone.
func (w *world) byPasskey(d *passkeytest.Device) domain.Caller {
	w.t.Helper()
	return w.authenticated(do(w, w.SignInByPasskey, domain.Guest(), w.answer(d)).Token)
}

// passkeyWorld is a ledger with a person who has a passkey.
func passkeyWorld(t *testing.T) (*world, *passkeytest.Device, domain.FactorID) {
	t.Helper()
	w := newWorld(t)
	w.account(ada)
	d := passkeytest.New()
	return w, d, w.enrolPasskey(w.signedIn(ada), d)
}

func TestSignInByPasskey(t *testing.T) {
	w, d, id := passkeyWorld(t)
	w.appended(nil, func() { do(w, w.AskSignIn, domain.Guest(), struct{}{}) })
	in := do(w, w.SignInByPasskey, domain.Guest(), w.answer(d))
	c := w.authenticated(in.Token)
	if c.Level != domain.LevelTwo || !slices.Contains(c.Ways, domain.MethodPasskey) {
		t.Errorf("%+v", c)
	}
	i := slices.IndexFunc(w.log(), func(f domain.Fact) bool {
		e, ok := f.Event.(domain.SessionStarted)
		return ok && e.Session == in.Session
	})
	if e := w.log()[i].Event.(domain.SessionStarted); !slices.Equal(e.Methods, []domain.AuthMethod{domain.MethodPasskey}) || e.Level != domain.LevelTwo {
		t.Errorf("%+v", e)
	}
	do(w, w.RemoveFactor, c, commands.RemoveFactor{ID: id})
	if _, err := w.vault.Key(t.Context(), domain.FactorKey(id)); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the key of the passkey: %v", err)
	}
	refused(w, w.SignInByPasskey, domain.Guest(), w.answer(d), domain.ErrPasskey)
}

// An answer passes once, whichever process is quicker, and a repeat of the request gets its session.
func TestAnAnswerPassesOnce(t *testing.T) {
	w, d, _ := passkeyWorld(t)
	first := w.Menu
	w.restart()
	in := w.answer(d)
	outcomes := make(chan error, 2)
	for _, menu := range []*commands.Menu{first, w.Menu} {
		go func() {
			_, err := menu.SignInByPasskey(context.WithoutCancel(t.Context()), request(domain.Guest()), in)
			outcomes <- err
		}()
	}
	one, two := <-outcomes, <-outcomes
	both := errors.Join(one, two)
	if (one == nil) == (two == nil) || !errors.Is(both, domain.ErrPasskeyChallenge) && !errors.Is(both, domain.ErrPasskey) {
		t.Errorf("%v, %v", one, two)
	}
	w.account("bob@example.com")
	fresh := passkeytest.New() // one that counts nothing
	w.enrolPasskey(w.signedIn("bob@example.com"), fresh)
	in = commands.SignInByPasskey{Passkey: signed(fresh, thePage, do(w, w.AskSignIn, domain.Guest(), struct{}{}))}
	r := keyed(domain.Guest(), "signIn")
	a, err := w.SignInByPasskey(t.Context(), r, in)
	if err != nil {
		t.Fatal(err)
	}
	w.restart()
	b, err := w.SignInByPasskey(t.Context(), r, in)
	if err != nil || a.Value.Token != b.Value.Token {
		t.Errorf("the repeat: %v", err)
	}
	refused(w, w.SignInByPasskey, domain.Guest(), in, domain.ErrPasskeyChallenge)
}

func TestPasskeysThatDoNotSignIn(t *testing.T) {
	w, d, _ := passkeyWorld(t)
	w.account("bob@example.com")
	bobs := passkeytest.New()
	w.enrolPasskey(w.signedIn("bob@example.com"), bobs)
	guest := func() passkeys.AssertionOptions { return do(w, w.AskSignIn, domain.Guest(), struct{}{}) }
	sign := func(d passkeytest.Device, page passkeytest.Page, o passkeys.AssertionOptions) commands.SignInByPasskey {
		d.Count += 10
		return commands.SignInByPasskey{Passkey: signed(&d, page, o)}
	}
	old := guest()
	raise := do(w, w.AskRaise, w.byPasskey(d), struct{}{})
	other := *d
	other.ID = bobs.ID // another account's credential
	stolen := *bobs
	stolen.Handle = d.Handle
	unverified := *d
	unverified.Flags &^= passkeytest.Verified
	nobody := *d
	nobody.Handle = make([]byte, passkeys.HandleBytes)
	elsewhere := thePage
	elsewhere.Origin = "https://accounts.example.com.evil.example"
	for name, c := range map[string]struct {
		in    commands.SignInByPasskey
		want  *domain.Error
		field string
	}{
		"another site":            {sign(*d, elsewhere, guest()), domain.ErrPasskeyOrigin, "/passkey/response/clientDataJSON"},
		"for a fresh proof":       {sign(*d, thePage, raise), domain.ErrPasskeyChallenge, "/passkey/response/clientDataJSON"},
		"another one's passkey":   {sign(other, thePage, guest()), domain.ErrPasskey, "/passkey/id"},
		"by another one's handle": {sign(stolen, thePage, guest()), domain.ErrPasskey, "/passkey/id"},
		"of nobody":               {sign(nobody, thePage, guest()), domain.ErrPasskey, "/passkey/id"},
		"without its user":        {sign(unverified, thePage, guest()), domain.ErrPasskeyUser, "/passkey/response/authenticatorData"},
		"no answer":               {commands.SignInByPasskey{Passkey: "{}"}, domain.ErrPasskey, "/passkey"},
	} {
		w.appended(nil, func() {
			var e *domain.Error
			if _, err := w.SignInByPasskey(t.Context(), request(domain.Guest()), c.in); !errors.As(err, &e) || e.Code != c.want.Code || e.Field != c.field {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	w.clock.forward(passkeys.Lifetime)
	w.appended(nil, func() {
		refused(w, w.SignInByPasskey, domain.Guest(), sign(*d, thePage, old), domain.ErrPasskeyChallenge)
	})
	ahead := guest()
	w.clock.forward(-10 * time.Minute) // another process's clock
	w.appended(nil, func() {
		refused(w, w.SignInByPasskey, domain.Guest(), sign(*d, thePage, ahead), domain.ErrPasskeyChallenge)
	})
}

// A restore forgets what was answered: nothing from before it passes. What is asked for after it does, by a passkey from before.
func TestAChallengeFromBeforeARestore(t *testing.T) {
	w, d, _ := passkeyWorld(t)
	in := w.answer(d)
	w.restore()
	refused(w, w.SignInByPasskey, domain.Guest(), in, domain.ErrPasskeyChallenge)
	in = w.answer(d)
	w.restart() // between challenge and answer
	do(w, w.SignInByPasskey, domain.Guest(), in)
}

// The second factor of a password: listed after it, and without its user's verification if that cannot be had.
func TestPasskeyAsSecondFactor(t *testing.T) {
	w, d, _ := passkeyWorld(t)
	p := w.begin()
	if p.Passkey == nil || len(p.Passkey.Allow) != 1 || !slices.Contains(p.Needs, domain.MethodPasskey) {
		t.Fatalf("%+v", p)
	}
	d.Flags &^= passkeytest.Verified
	with := func(p *commands.PendingSignIn, o passkeys.AssertionOptions) commands.ContinueSignIn {
		d.Count++
		return commands.ContinueSignIn{ID: p.ID, Handle: p.Handle, Evidence: commands.Evidence{Passkey: signed(d, thePage, o)}}
	}
	refused(w, w.ContinueSignIn, domain.Guest(), with(p, *w.begin().Passkey), domain.ErrPasskeyChallenge)
	refused(w, w.ContinueSignIn, domain.Guest(), with(p, do(w, w.AskSignIn, domain.Guest(), struct{}{})), domain.ErrPasskeyChallenge)
	w.clock.forward(9 * time.Minute)
	c := w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), with(p, *p.Passkey)).Token)
	if c.Level != domain.LevelTwo {
		t.Errorf("%+v", c)
	}
	wrong, p := passkeytest.New(), w.begin()
	for range domain.MaxTries {
		refused(w, w.ContinueSignIn, domain.Guest(), commands.ContinueSignIn{ID: p.ID, Handle: p.Handle,
			Evidence: commands.Evidence{Passkey: signed(wrong, thePage, *p.Passkey)}}, domain.ErrPasskey)
	}
	refused(w, w.ContinueSignIn, domain.Guest(), with(p, *p.Passkey), domain.ErrSignInEnded)
}

func TestRaiseByPasskey(t *testing.T) {
	w, d, _ := passkeyWorld(t)
	c, other := w.byPasskey(d), w.byPasskey(d)
	d.Count++
	in := commands.Raise{Evidence: commands.Evidence{Passkey: signed(d, thePage, do(w, w.AskRaise, c, struct{}{}))}}
	refused(w, w.Raise, other, in, domain.ErrPasskeyChallenge) // of another session
	raised := w.authenticated(do(w, w.Raise, c, in).Token)
	refused(w, w.Raise, raised, in, domain.ErrPasskey) // its count did not rise
	w.account("bob@example.com")
	refused(w, w.AskRaise, w.signedIn("bob@example.com"), struct{}{}, domain.ErrNotAWay)
}

// What may be a copy of a passkey is refused, and what can be copied from now on is taken once; its owner is told of either.
func TestDoubtedPasskeys(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	d := passkeytest.New()
	d.Flags = passkeytest.Present | passkeytest.Verified
	w.enrolPasskey(w.signedIn(ada), d)
	alerts := func() (n int) {
		for _, f := range w.log() {
			if alert, ok := f.Alert(); ok && alert.Kind == domain.MessageFactorDoubted {
				n++
			}
		}
		return n
	}
	w.byPasskey(d)
	d.Flags |= passkeytest.BackupEligible
	w.byPasskey(d)
	w.restart()
	w.byPasskey(d)
	if n := alerts(); n != 1 {
		t.Errorf("told %d times that it can be copied", n)
	}
	d.Flags &^= passkeytest.BackupEligible
	refused(w, w.SignInByPasskey, domain.Guest(), w.answer(d), domain.ErrPasskey)
	d.Flags |= passkeytest.BackupEligible
	copied := *d
	copied.Count = 0
	for range 3 {
		refused(w, w.SignInByPasskey, domain.Guest(), w.answer(&copied), domain.ErrPasskey)
		copied.Count = 0
	}
	if n := alerts(); n != 2 {
		t.Errorf("told %d times of both", n)
	}
	w.byPasskey(d) // it stays
}

func TestSetUpOfAPasskey(t *testing.T) {
	w, d, id := passkeyWorld(t)
	c := w.byPasskey(d)
	offer := do(w, w.OfferPasskey, c, struct{}{})
	if len(offer.Exclude) != 1 || offer.User.Name != ada || offer.Party.ID != "accounts.example.com" {
		t.Errorf("%+v", offer)
	}
	confirm := commands.ConfirmPasskey{Passkey: made(d, thePage, offer), Name: "again"}
	refused(w, w.ConfirmPasskey, c, confirm, domain.ErrPasskeyKnown)
	second := passkeytest.New()
	confirm.Passkey = made(second, thePage, offer)
	refused(w, w.ConfirmPasskey, w.byPasskey(d), confirm, domain.ErrPasskeyChallenge) // another session
	confirm.Name = "\n"
	w.appended(nil, func() { refused(w, w.ConfirmPasskey, c, confirm, domain.ErrFactorName) })
	confirm.Name = "second"
	w.restart()
	do(w, w.ConfirmPasskey, c, confirm)
	refused(w, w.ConfirmPasskey, c, confirm, domain.ErrPasskeyChallenge)
	for range domain.MaxPasskeys - 2 {
		w.enrolPasskey(c, passkeytest.New())
	}
	third := commands.ConfirmPasskey{Passkey: made(passkeytest.New(), thePage, do(w, w.OfferPasskey, c, struct{}{})), Name: "eleventh"}
	refused(w, w.ConfirmPasskey, c, third, domain.ErrFactors)
	do(w, w.RenameFactor, c, commands.RenameFactor{ID: id, Name: "the first"})
	if all := do(w, w.ListFactors, c, struct{}{}); len(all) != domain.MaxPasskeys+1 || all[0].Name != "the first" || all[0].Kind != domain.FactorPasskey {
		t.Errorf("%d factors", len(all))
	}
	late := do(w, w.OfferPasskey, c, struct{}{})
	w.clock.forward(passkeys.Lifetime)
	refused(w, w.ConfirmPasskey, c, commands.ConfirmPasskey{Passkey: made(passkeytest.New(), thePage, late), Name: "late"}, domain.ErrPasskeyChallenge)
}

// An account without a password is its passkeys'.
func TestWithoutAPassword(t *testing.T) {
	w := newWorld(t)
	account := w.account(ada)
	c := w.signedIn(ada)
	refused(w, w.RemovePassword, c, struct{}{}, domain.ErrNeedsPasskey)
	d := passkeytest.New()
	id := w.enrolPasskey(c, d)
	stale := c // of the first level, now that there is a second
	stale.Reach, stale.Ways = domain.LevelTwo, []domain.AuthMethod{domain.MethodPasskey}
	refused(w, w.RemovePassword, stale, struct{}{}, domain.ErrStepUp)
	c = w.byPasskey(d)
	do(w, w.RemovePassword, c, struct{}{})
	refused(w, w.RemovePassword, c, struct{}{}, domain.ErrNoPassword)
	refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrCredentials)
	if _, err := w.vault.Key(t.Context(), domain.PasswordKey(domain.FirstPassword(signUpOfAccount(w, account)))); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("the key of the password: %v", err)
	}
	w.restart()
	c = w.byPasskey(d)
	refused(w, w.RemoveFactor, c, commands.RemoveFactor{ID: id}, domain.ErrLastPasskey)
	phone := w.enrolApp(c)
	refused(w, w.RemoveFactor, c, commands.RemoveFactor{ID: id}, domain.ErrLastPasskey)
	d.Flags &^= passkeytest.Verified // possession alone is not enough where it is all
	d.Count++
	refused(w, w.Raise, c, commands.Raise{Evidence: commands.Evidence{Passkey: signed(d, thePage, do(w, w.AskRaise, c, struct{}{}))}}, domain.ErrPasskeyUser)
	do(w, w.ChangePassword, c, commands.ChangePassword{New: passwords.New("another horse battery staple 9"), EndOthers: true})
	again := signInOf(ada)
	again.Password = passwords.New("another horse battery staple 9")
	pending := do(w, w.SignIn, domain.Guest(), again).Pending
	c = w.authenticated(do(w, w.ContinueSignIn, domain.Guest(), withFactor(pending, phone.next())).Token)
	refused(w, w.ChangePassword, c, commands.ChangePassword{New: passwords.New("a third horse battery staple 9")}, domain.ErrPassword)
	do(w, w.RemoveFactor, c, commands.RemoveFactor{ID: id})
}

func signUpOfAccount(w *world, id domain.AccountID) domain.SignUpID {
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.AccountOpened); ok && f.Stream == domain.AccountStream(id) {
			return e.SignUp
		}
	}
	return domain.SignUpID{}
}

// Passkeys are for one host: a process with another one does not start, and makes none.
func TestAnotherHost(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	at := func(origin string) { w.deps.Origin = func() string { return origin }; w.restart() }
	at("")
	refused(w, w.OfferPasskey, w.signedIn(ada), struct{}{}, domain.ErrNoPasskeys)
	refused(w, w.AskSignIn, domain.Guest(), struct{}{}, domain.ErrNoPasskeys)
	serve := func(origin string) commands.CheckParty { return commands.CheckParty{Origin: origin} }
	do(w, w.CheckParty, domain.System(), serve(""))
	at("http://localhost:8080")
	do(w, w.CheckParty, domain.System(), serve("http://localhost:8080")) // none were made yet
	c, d := w.signedIn(ada), passkeytest.New()
	offer := do(w, w.OfferPasskey, c, struct{}{})
	do(w, w.ConfirmPasskey, c, commands.ConfirmPasskey{Passkey: made(d, passkeytest.Page{Origin: "http://localhost:8080"}, offer), Name: "mine"})
	at("http://localhost:9090")
	do(w, w.CheckParty, domain.System(), serve("http://localhost:9090")) // the host is the same
	for _, other := range []string{"", "https://accounts.example.com"} {
		at(other)
		refused(w, w.CheckParty, domain.System(), serve(other), domain.ErrOtherParty)
	}
	w.account("bob@example.com") // in a process that was started before
	b := w.signedIn("bob@example.com")
	refused(w, w.ConfirmPasskey, b, commands.ConfirmPasskey{Passkey: made(passkeytest.New(), thePage, do(w, w.OfferPasskey, b, struct{}{})), Name: "his"},
		domain.ErrOtherParty)
}

// A code and a passkey recover an account at once, with what the check asked for.
func TestRecoveryByAPasskey(t *testing.T) {
	w, d, _ := passkeyWorld(t)
	w.clock.forward(domain.FactorProbation)
	fresh := passkeytest.New()
	w.enrolPasskey(w.byPasskey(d), fresh)
	r := do(w, w.Recover, domain.Guest(), commands.Recover{Email: ada})
	code := do(w, w.Message, domain.System(), domain.MessageRequest{Verification: domain.VerificationID(r.ID), Issue: 1}).Code
	checked := do(w, w.CheckRecovery, domain.Guest(), commands.CheckRecovery{ID: r.ID, Handle: r.Handle, Code: code})
	if checked.Passkey == nil || len(checked.Passkey.Allow) != 1 {
		t.Fatalf("asked with %v", checked.Passkey)
	}
	in := commands.CompleteRecovery{ID: r.ID, Handle: r.Handle, Password: passwords.New(newPassword)}
	by := func(d *passkeytest.Device, o passkeys.AssertionOptions) commands.CompleteRecovery {
		d.Count++
		in.Evidence = commands.Evidence{Passkey: signed(d, thePage, o)}
		return in
	}
	refused(w, w.CompleteRecovery, domain.Guest(), by(fresh, *checked.Passkey), domain.ErrPasskey) // on probation
	refused(w, w.CompleteRecovery, domain.Guest(), by(d, do(w, w.AskSignIn, domain.Guest(), struct{}{})), domain.ErrPasskeyChallenge)
	do(w, w.CompleteRecovery, domain.Guest(), by(d, *checked.Passkey))
	refused(w, w.SignInByPasskey, domain.Guest(), w.answer(fresh), domain.ErrPasskey) // it went with the old password
	w.byPasskey(d)
}
