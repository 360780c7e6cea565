package commands_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// askedFrom asks for a recovery from an address, as a client.
func (w *world) askedFrom(address, email string, client commands.Token, work commands.Work) (commands.RecoveryBegun, *domain.Work, error) {
	a, err := w.Recover(w.t.Context(), requestFrom(address), commands.Recover{Email: email, Client: client, Work: work})
	var refusal *domain.Error
	if errors.As(err, &refusal) {
		return a.Value, refusal.Work, err
	}
	return a.Value, nil, err
}

// Strangers use up what strangers can have. The owner gets back in at a client that they have signed in with, signs in as ever, and gets the
// codes that they ask for; and others' recoveries and sign-ups have limits of their own.
func TestAFloodOfRecoveries(t *testing.T) {
	for networks, want := range map[int]int{1: 2, 5000: 5} { // in an hour
		t.Run(fmt.Sprint(networks), func(t *testing.T) {
			w := newWorld(t)
			w.deps.Config.Unusual = commands.UnusualCode
			w.deps.Config.Limits.Recoveries = commands.DefaultLimits().Recoveries
			w.restart()
			w.account(ada)
			home := do(w, w.SignIn, domain.Guest(), signInOf(ada))
			w.clock.forward(48 * time.Hour)
			before, admitted := len(w.log()), 0
			for n := range max(networks, 100) {
				_, _, err := w.askedFrom(fmt.Sprintf("10.%d.%d.7", n%networks/256, n%networks%256), ada, "", commands.Work{})
				switch {
				case err == nil:
					admitted++
				case !errors.Is(err, domain.ErrMessages):
					t.Fatal(err)
				}
			}
			if grown := len(w.log()) - before; admitted != want || grown > 2*want+5 {
				t.Errorf("%d were admitted, and the log grew by %d", admitted, grown)
			}
			if _, _, err := w.askedFrom("192.0.2.7", ada, "", commands.Work{}); networks > 1 && !errors.Is(err, domain.ErrMessages) {
				t.Errorf("a client that is not known: %v", err)
			}
			for n := range 3 { // whatever others do, and wherever the owner is
				r, _, err := w.askedFrom("10.0.0.7", ada, home.Client, commands.Work{})
				if err != nil {
					t.Fatalf("the owner's %d: %v", n+1, err)
				}
				if w.recoveryMessage(r, 1).Code == "" {
					t.Error("no code")
				}
			}
			if _, _, err := w.askedFrom("10.0.0.7", ada, home.Client, commands.Work{}); !errors.Is(err, domain.ErrMessages) {
				t.Errorf("the owner's fourth: %v", err)
			}
			in := signInOf(ada)
			in.Client = home.Client
			if s := do(w, w.SignIn, domain.Guest(), in); s.Token == "" {
				t.Error("the owner does not sign in at home")
			}
			if s := do(w, w.SignIn, domain.Guest(), signInOf(ada)); s.Pending == nil || w.codeOf(s.Pending) == "" {
				t.Error("the owner gets no code elsewhere")
			}
			c := w.authenticated(do(w, w.SignIn, domain.Guest(), in).Token)
			do(w, w.AddContact, c, commands.AddContact{Email: ada2})
			w.must(w.signUpFrom("10.0.0.7", "another@example.org"))
			w.unique()
		})
	}
}

// A stranger's client is nobody's: it opens no budget of the owner's.
func TestAnothersClientHasNoBudgetHere(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.account("zoe@example.org")
	_, zoe := w.session("zoe@example.org")
	for n := range 5 {
		_, _, err := w.askedFrom("10.0.0.7", ada, zoe.Client, commands.Work{})
		if n < 2 {
			w.must(err)
		} else if !errors.Is(err, domain.ErrMessages) {
			t.Errorf("%d: %v", n, err)
		}
	}
	refused(w, w.Recover, domain.Guest(), commands.Recover{Email: ada, Client: "alr_made-up"}, domain.ErrClient)
}

// Past its recoveries a network gets more for work; they count apart from sign-ups. The second half of what an address may be sent costs
// work, too.
func TestWorkForRecoveries(t *testing.T) {
	w := workingWorld(t)
	w.deps.Config.Limits.Recoveries = commands.DefaultLimits().Recoveries
	w.restart()
	for n := range 10 {
		if _, _, err := w.askedFrom("10.0.0.7", fmt.Sprintf("p%d@example.com", n), "", commands.Work{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.signUpWith("10.0.0.7", "one@example.com", commands.Work{}); err != nil {
		t.Errorf("a sign-up: %v", err)
	}
	work := func(address, email string) {
		t.Helper()
		_, asked, err := w.askedFrom(address, email, "", commands.Work{})
		if !errors.Is(err, domain.ErrWork) || asked == nil {
			t.Fatalf("%v", err)
		}
		if _, _, err := w.askedFrom(address, "two@example.com", "", solve(asked)); address == "10.0.0.7" && !errors.Is(err, domain.ErrWork) {
			t.Errorf("for another address: %v", err)
		}
		if _, err := w.signUpWith(address, email, solve(asked)); address == "10.0.0.7" && err != nil {
			t.Errorf("a sign-up: %v", err)
		}
		if _, _, err := w.askedFrom(address, email, "", solve(asked)); err != nil {
			t.Errorf("solved: %v", err)
		}
	}
	work("10.0.0.7", "one@example.com")
	for n := range 3 { // half of five
		if _, _, err := w.askedFrom(fmt.Sprintf("10.0.%d.7", n+1), ada, "", commands.Work{}); err != nil {
			t.Fatal(err)
		}
	}
	work("10.0.9.7", ada)
}
