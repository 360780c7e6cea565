package commands_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

const newPassword = "seven lanterns under a bridge"

// passwordOf is the password that an account has, by the log.
func (w *world) passwordOf(id domain.AccountID) (password domain.PasswordID) {
	w.t.Helper()
	for _, f := range w.log() {
		if f.Stream != domain.AccountStream(id) {
			continue
		}
		switch e := f.Event.(type) {
		case domain.AccountOpened:
			password = e.FirstPassword()
		case domain.PasswordChanged:
			password = e.Password
		}
	}
	return password
}

func change(to string) commands.ChangePassword {
	return commands.ChangePassword{Current: passwords.New(password), New: passwords.New(to), EndOthers: true}
}

func with(in commands.SignIn, password string) commands.SignIn {
	in.Password = passwords.New(password)
	return in
}

// Another password is in force at once, the one before is not, and its hash cannot be read any more; the session goes on with another token.
func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	c, here := w.session(ada)
	_, there := w.session(ada)
	before := w.passwordOf(c.Account)
	var out commands.SignedIn
	w.appended([]string{"password.changed.v1", "account.signed_out_everywhere.v1", "session.raised.v1"}, func() {
		out = do(w, w.ChangePassword, c, change(newPassword))
	})
	for name, token := range map[string]commands.Token{"its own old one": here.Token, "another session's": there.Token} {
		if _, err := w.Authenticate(t.Context(), token); !errors.Is(err, domain.ErrSession) {
			t.Errorf("%s token: %v", name, err)
		}
	}
	if now := w.authenticated(out.Token); now.Session != c.Session || now.ProofAge > time.Second {
		t.Errorf("the session does not go on: %+v", now)
	}
	if _, err := w.SignIn(t.Context(), request(domain.Guest()), signInOf(ada)); !errors.Is(err, domain.ErrCredentials) {
		t.Errorf("the password before: %v", err)
	}
	do(w, w.SignIn, domain.Guest(), with(signInOf(ada), newPassword))
	w.refusesKey(domain.PasswordKey(before))
	w.restart()
	do(w, w.SignIn, domain.Guest(), with(signInOf(ada), newPassword))
	for _, entry := range do(w, w.History, w.authenticated(out.Token), commands.ListHistory{Most: 200}).Entries {
		if strings.Contains(string(entry.Details), "argon2") {
			t.Errorf("the history shows %s", entry.Details)
		}
	}
	w.unique()
}

// Other sessions go on if they are to.
func TestChangePasswordAndKeepOthers(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	_, there := w.session(ada)
	in := change(newPassword)
	in.EndOthers = false
	w.appended([]string{"password.changed.v1", "session.raised.v1"}, func() { do(w, w.ChangePassword, c, in) })
	w.authenticated(there.Token)
}

// The client that changes the password stays known, all others do not, and one that was not known does not become so.
func TestTheClientThatChangesAPasswordStaysKnown(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	first, _ := w.signInFrom(ada, "")
	other, _ := w.signInFrom(ada, "")
	in := change(newPassword)
	in.Client = first.Client
	c := w.authenticated(first.Token)
	w.appended([]string{"password.changed.v1", "account.signed_out_everywhere.v1", "client.known.v1", "session.raised.v1"}, func() {
		do(w, w.ChangePassword, c, in)
	})
	w.restart()
	isNew := func(client commands.Token) bool {
		in := with(signInOf(ada), newPassword)
		in.Client = client
		do(w, w.SignIn, domain.Guest(), in)
		log := w.log()
		return log[len(log)-1].Event.(domain.SessionStarted).NewClient
	}
	if isNew(first.Client) {
		t.Error("the client that changed it is unknown")
	}
	if !isNew(other.Client) {
		t.Error("another client is still known")
	}
	again := commands.ChangePassword{Current: passwords.New(newPassword), New: passwords.New(renewed), EndOthers: true, Client: other.Client}
	c = w.authenticated(do(w, w.SignIn, domain.Guest(), with(signInOf(ada), newPassword)).Token)
	w.appended([]string{"password.changed.v1", "account.signed_out_everywhere.v1", "session.raised.v1"}, func() { do(w, w.ChangePassword, c, again) })
}

func TestChangePasswordRefuses(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	for name, test := range map[string]struct {
		current, to, code, field string
	}{
		"a wrong one":         {"six lanterns under a bridge", newPassword, "wrong_password", "/current"},
		"none":                {"", newPassword, "wrong_password", "/current"},
		"a short one":         {password, "vT9#qLmz", "password_too_short", "/new"},
		"the same":            {password, password, "password_same", "/new"},
		"one like an address": {password, ada + "-7Q", "password_like_identifier", "/new"},
	} {
		w.appended(nil, func() {
			_, err := w.ChangePassword(t.Context(), request(c), commands.ChangePassword{Current: passwords.New(test.current), New: passwords.New(test.to)})
			var refused *domain.Error
			if !errors.As(err, &refused) || refused.Code != test.code || refused.Field != test.field {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	old := c
	old.ProofAge = domain.SessionIdle
	if _, err := w.ChangePassword(t.Context(), request(old), change(newPassword)); !errors.Is(err, domain.ErrStepUp) {
		t.Errorf("without a fresh proof: %v", err)
	}
}

// Of two changes at once one wins, and its password is in force, whatever the other one wrote.
func TestTwoChangesOfAPassword(t *testing.T) {
	for range 5 {
		w := newWorld(t)
		one := w.person(ada)
		two, _ := w.session(ada)
		elsewhere := *w
		elsewhere.restart()
		to := []string{newPassword, "eight lanterns over a bridge"}
		errs := make([]error, 2)
		var both sync.WaitGroup
		for i, run := range []func() error{
			func() error { _, err := w.ChangePassword(t.Context(), request(one), change(to[0])); return err },
			func() error { _, err := elsewhere.ChangePassword(t.Context(), request(two), change(to[1])); return err },
		} {
			both.Go(func() { errs[i] = run() })
		}
		both.Wait()
		won := 0
		if errs[0] != nil {
			won = 1
		}
		if lost := errs[1-won]; errs[won] != nil || !errors.Is(lost, domain.ErrPassword) && !errors.Is(lost, domain.ErrSession) {
			t.Fatal(errs)
		}
		do(w, w.SignIn, domain.Guest(), with(signInOf(ada), to[won]))
		if _, err := w.SignIn(t.Context(), request(domain.Guest()), with(signInOf(ada), to[1-won])); !errors.Is(err, domain.ErrCredentials) {
			t.Errorf("the other one's: %v", err)
		}
	}
}

// Wherever a crash comes, one of both passwords is in force, and only its hash can be read once it is settled.
func TestCrashesWhileAPasswordIsChanged(t *testing.T) {
	t.Parallel()
	var c domain.Caller
	var before domain.PasswordID
	everyCrash(t, func(w *world) func() error {
		c = w.person(ada)
		before = w.passwordOf(c.Account)
		return func() error { _, err := w.ChangePassword(t.Context(), request(c), change(newPassword)); return err }
	}, func(w *world) {
		do(w, w.SettlePassword, domain.System(), commands.SettlePassword{Account: c.Account})
		in := signInOf(ada)
		if w.passwordOf(c.Account) != before {
			in = with(in, newPassword)
			w.refusesKey(domain.PasswordKey(before))
		}
		if out := do(w, w.SignIn, domain.Guest(), in); w.passwordOf(c.Account) == before {
			do(w, w.ChangePassword, w.authenticated(out.Token), change(newPassword))
		}
	}, func(w *world) string {
		do(w, w.SignIn, domain.Guest(), with(signInOf(ada), newPassword))
		w.refusesKey(domain.PasswordKey(before))
		return ""
	})
}
