package commands_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
	"accountledger/vault"
)

// askingWorld is a ledger in which a sign-in from a client that is not known needs a code, with a person who has signed in once.
func askingWorld(t *testing.T) (w *world, known commands.SignedIn) {
	t.Helper()
	w = newWorld(t)
	w.deps.Config.Unusual = commands.UnusualCode
	w.restart()
	w.account(ada)
	known = do(w, w.SignIn, domain.Guest(), signInOf(ada))
	if known.Pending != nil {
		t.Fatal("the first client needs a code")
	}
	return w, known
}

// codeOf is the code that was sent for a sign-in.
func (w *world) codeOf(p *commands.PendingSignIn) string {
	w.t.Helper()
	return do(w, w.Message, domain.System(), domain.MessageRequest{Verification: domain.VerificationID(p.ID), Issue: 1}).Code
}

// begin begins a sign-in from a client that is not known.
func (w *world) begin() *commands.PendingSignIn {
	w.t.Helper()
	out := do(w, w.SignIn, domain.Guest(), signInOf(ada))
	if out.Pending == nil || out.Token != "" || out.Client != "" || !out.Account.IsZero() || !out.Session.IsZero() {
		w.t.Fatal("a session, or something of it, without a code")
	}
	return out.Pending
}

func withCode(p *commands.PendingSignIn, code string) commands.ContinueSignIn {
	return commands.ContinueSignIn{ID: p.ID, Handle: p.Handle, Evidence: commands.Evidence{Code: code}}
}

// keyEnded reports whether the key of the address that a sign-in's code went to is destroyed.
func (w *world) keyEnded(p *commands.PendingSignIn) bool {
	_, err := w.vault.Key(w.t.Context(), domain.VerificationKey(domain.VerificationID(p.ID)))
	return errors.Is(err, vault.ErrDestroyed)
}

func TestSignInByCode(t *testing.T) {
	w, known := askingWorld(t)
	again := signInOf(ada)
	again.Client = known.Client
	if do(w, w.SignIn, domain.Guest(), again).Pending != nil {
		t.Error("a known client needs a code")
	}
	var p *commands.PendingSignIn
	w.appended([]string{"delivery.admitted.v1", "sign_in.begun.v1", "verification.requested.v1"}, func() { p = w.begin() })
	if !slices.Equal(p.Needs, []domain.AuthMethod{domain.MethodCode}) || p.Expires.Sub(w.clock.Now()).Round(time.Minute) != domain.SignInLifetime {
		t.Errorf("it needs %v", p.Needs)
	}
	m := do(w, w.Message, domain.System(), domain.MessageRequest{Verification: domain.VerificationID(p.ID), Issue: 1})
	if m.Kind != domain.MessageSignInCode || !strings.EqualFold(m.To, ada) {
		t.Errorf("the message is %s", m.Kind)
	}
	w.restart()
	var in commands.SignedIn
	w.appended([]string{"verification.passed.v1", "client.known.v1", "session.started.v1", "sign_in.passed.v1"}, func() {
		in = do(w, w.ContinueSignIn, domain.Guest(), withCode(p, m.Code))
	})
	if c := w.authenticated(in.Token); c.Level != domain.LevelOne || c.Account != known.Account {
		t.Errorf("level %d", c.Level)
	}
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.SessionStarted); ok && e.Session == in.Session {
			if !e.NewClient || len(e.Unusual) != 1 || !slices.Equal(e.Methods, []domain.AuthMethod{domain.MethodPassword, domain.MethodCode}) {
				t.Errorf("started: %+v", e)
			}
		}
	}
	if !w.keyEnded(p) {
		t.Error("the key of the address remains")
	}
	w.appended(nil, func() { refused(w, w.ContinueSignIn, domain.Guest(), withCode(p, m.Code), domain.ErrSignInEnded) })
	again.Client = in.Client
	if do(w, w.SignIn, domain.Guest(), again).Pending != nil {
		t.Error("the client is not known by now")
	}
	w.unique()
}

// A wrong password is answered and recorded as ever, whatever the client.
func TestWrongPasswordsTellNothingOfCodes(t *testing.T) {
	w, known := askingWorld(t)
	for _, client := range []commands.Token{"", known.Client} {
		in := signInOf(ada)
		in.Client, in.Password = client, passwords.New("not hers at all")
		w.appended(nil, func() { refused(w, w.SignIn, domain.Guest(), in, domain.ErrCredentials) })
	}
}

// Officers have no such code.
func TestOfficersNeedNoCode(t *testing.T) {
	w, _ := askingWorld(t)
	w.officer("officer@example.org", domain.RoleAnalyst)
	in := signInOf("officer@example.org")
	in.Staff = true
	if do(w, w.SignIn, domain.Guest(), in).Pending != nil {
		t.Error("a code")
	}
}

// What does not continue a sign-in: another's handle, the route of other verifications, five wrong codes, and what ends sessions.
func TestSignInsThatDoNotPass(t *testing.T) {
	w, known := askingWorld(t)
	p := w.begin()
	code := w.codeOf(p)
	other := withCode(p, code)
	other.Handle = "another"
	refused(w, w.ContinueSignIn, domain.Guest(), other, domain.ErrSignIn)
	up := w.signUp("bob@example.com")
	refused(w, w.ContinueSignIn, domain.Guest(), commands.ContinueSignIn{ID: domain.SignInID(up.Verification), Handle: up.Handle,
		Evidence: commands.Evidence{Code: "1"}}, domain.ErrSignIn)
	proof := domain.VerificationID(p.ID)
	refused(w, w.CheckCode, domain.Guest(), commands.CheckCode{Verification: proof, Handle: p.Handle, Code: code}, domain.ErrVerification)
	refused(w, w.Resend, domain.Guest(), commands.Resend{Verification: proof, Handle: p.Handle}, domain.ErrVerification)
	for try := range domain.MaxTries {
		want := error(domain.ErrCode)
		if try == domain.MaxTries-1 {
			want = domain.ErrSignInEnded
		}
		refused(w, w.ContinueSignIn, domain.Guest(), withCode(p, "00000x"), want)
	}
	refused(w, w.ContinueSignIn, domain.Guest(), withCode(p, code), domain.ErrSignInEnded)
	w.settled(proof)
	if !w.keyEnded(p) {
		t.Error("too many tries: the key remains")
	}

	for name, end := range map[string]func(){
		"expired":    func() { w.clock.forward(domain.SignInLifetime) },
		"everywhere": func() { do(w, w.SignOutEverywhere, w.authenticated(known.Token), struct{}{}) },
		"restored":   w.restore,
	} {
		w.clock.forward(2 * time.Hour) // another budget of messages
		p := w.begin()
		code := w.codeOf(p)
		if name == "everywhere" {
			known = do(w, w.ContinueSignIn, domain.Guest(), withCode(p, code))
			p = w.begin()
			code = w.codeOf(p)
		}
		end()
		for range 2 { // this process, and the next one
			w.appended(nil, func() { refused(w, w.ContinueSignIn, domain.Guest(), withCode(p, code), domain.ErrSignInEnded) })
			w.restart()
		}
		w.clock.forward(domain.SignInLifetime)
		if !w.settled(domain.VerificationID(p.ID)) || !w.keyEnded(p) {
			t.Errorf("%s: it is not settled, or the key remains", name)
		}
	}
	w.unique()
}

// A thief with the password cannot have the owner flooded, and a known client stays out of it.
func TestCodesForSignInsHaveABudget(t *testing.T) {
	w, known := askingWorld(t)
	limited := false
	for range 50 {
		_, err := w.SignIn(t.Context(), request(domain.Guest()), signInOf(ada))
		if limited = errors.Is(err, domain.ErrMessages); limited {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if !limited {
		t.Fatal("fifty codes")
	}
	w.appended(nil, func() { refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrMessages) })
	in := signInOf(ada)
	in.Client = known.Client
	if do(w, w.SignIn, domain.Guest(), in).Token == "" {
		t.Error("the owner is shut out")
	}
}

// Wherever a process dies, the repeat gets the one session, and nothing remains to be sealed.
func TestCrashesWhileASignInIsContinued(t *testing.T) {
	const key = "5f8e4f0a-8b1e-4c55-9a4e-0d1f6f0a7c11"
	var p *commands.PendingSignIn
	var code string
	ask := func(w *world) (commands.Answer[commands.SignedIn], error) {
		r := keyed(domain.Guest(), "continue")
		r.Key = key
		return w.ContinueSignIn(t.Context(), r, withCode(p, code))
	}
	everyCrash(t, func(w *world) func() error {
		w.deps.Config.Unusual = commands.UnusualCode
		w.restart()
		w.account(ada)
		do(w, w.SignIn, domain.Guest(), signInOf(ada))
		p = w.begin()
		code = w.codeOf(p)
		return func() error {
			_, err := ask(w)
			return err
		}
	}, func(w *world) {
		one, err := ask(w)
		if err != nil {
			t.Fatal(err)
		}
		w.authenticated(one.Value.Token)
		two, err := ask(w)
		if err != nil || two.Value.Token != one.Value.Token || two.Value.Client != one.Value.Client {
			t.Errorf("a repeat: %v", err)
		}
		refused(w, w.ContinueSignIn, domain.Guest(), withCode(p, code), domain.ErrSignInEnded)
		w.settled(domain.VerificationID(p.ID))
		if !w.keyEnded(p) {
			t.Error("the key of the address remains")
		}
	}, func(w *world) string { return w.shape() })
}

// A repeat of the request that began it gets the same handle; one that needed no code still gets its session.
func TestRepeatsOfUnusualSignIns(t *testing.T) {
	w, _ := askingWorld(t)
	r := keyed(domain.Guest(), "sign_in")
	one, err := w.SignIn(t.Context(), r, signInOf(ada))
	if err != nil {
		t.Fatal(err)
	}
	w.appended(nil, func() {
		two, err := w.SignIn(t.Context(), r, signInOf(ada))
		if err != nil || two.Value.Pending.ID != one.Value.Pending.ID || two.Value.Pending.Handle != one.Value.Pending.Handle {
			t.Errorf("a repeat: %v", err)
		}
	})
	w.account("bob@example.com")
	first, err := w.SignIn(t.Context(), r, signInOf("bob@example.com"))
	if err != nil || first.Value.Pending != nil {
		t.Fatalf("the first client: %v", err)
	}
	w.appended(nil, func() {
		again, err := w.SignIn(t.Context(), r, signInOf("bob@example.com"))
		if err != nil || again.Value.Token != first.Value.Token {
			t.Errorf("a repeat of what needed no code: %v", err)
		}
	})
}
