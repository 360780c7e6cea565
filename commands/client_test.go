package commands_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// signInFrom signs somebody in from a client, and returns how the log says it went.
func (w *world) signInFrom(email string, client commands.Token) (commands.SignedIn, domain.SessionStarted) {
	w.t.Helper()
	in := signInOf(email)
	in.Client = client
	out := do(w, w.SignIn, domain.Guest(), in)
	log := w.log()
	return out, log[len(log)-1].Event.(domain.SessionStarted)
}

// A client is known by the token that it was given, and only to the person it was given for. The first one is not unusual.
func TestKnownClients(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.account("bob@example.com")
	first, started := w.signInFrom(ada, "")
	if !started.NewClient || len(started.Unusual) > 0 || !strings.HasPrefix(string(first.Client), "alr_") {
		t.Errorf("the first: %+v", started)
	}
	w.restart()
	w.appended([]string{"session.started.v1"}, func() {
		again, started := w.signInFrom(ada, first.Client)
		if started.NewClient || len(started.Unusual) > 0 || again.Client != first.Client || again.Token == first.Token {
			t.Errorf("the same: %+v", started)
		}
	})
	another, started := w.signInFrom(ada, "")
	if !started.NewClient || !slices.Equal(started.Unusual, []domain.Unusual{domain.UnusualClient}) || another.Client == first.Client {
		t.Errorf("another: %+v", started)
	}
	// Somebody else's is not taken over, and two people's are nobody's to match.
	bobs, started := w.signInFrom("bob@example.com", first.Client)
	if !started.NewClient || len(started.Unusual) > 0 || bobs.Client == first.Client {
		t.Errorf("somebody else's: %+v", started)
	}
	made := commands.Token("alr_" + strings.Repeat("A", 43))
	if got, _ := w.signInFrom(ada, made); got.Client == made {
		t.Error("a token is known that the ledger did not give")
	}
	if _, started := w.signInFrom(ada, first.Client); started.NewClient {
		t.Error("the first is forgotten")
	}
	w.clock.forward(domain.ClientLifetime)
	if _, started := w.signInFrom(ada, first.Client); !started.NewClient ||
		!slices.Equal(started.Unusual, []domain.Unusual{domain.UnusualClient, domain.UnusualLongAgo}) {
		t.Errorf("the first is still known: %v", started.Unusual)
	}
	w.unique()
}

// What is no client's token is refused by its field, whether or not anybody has the address, and is no access.
func TestWrongClients(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	good, _ := w.signInFrom(ada, "")
	for _, email := range []string{ada, "nobody@example.com"} {
		for _, token := range []commands.Token{"alr_", "alr_short", good.Token, good.Client + "A", "alp_" + good.Client[4:]} {
			in := signInOf(email)
			in.Client = token
			w.appended(nil, func() { refused(w, w.SignIn, domain.Guest(), in, domain.ErrClient) })
		}
	}
	if _, err := w.Authenticate(t.Context(), good.Client); !errors.Is(err, domain.ErrSession) {
		t.Errorf("a client's token: %v", err)
	}
	in := signInOf("nobody@example.com")
	in.Client = good.Client
	w.appended(nil, func() { refused(w, w.SignIn, domain.Guest(), in, domain.ErrCredentials) })
}

// Signing out everywhere and a restore make every client unknown, and the next one is unusual.
func TestForgottenClients(t *testing.T) {
	for name, forget := range map[string]func(*world, commands.SignedIn){
		"everywhere": func(w *world, in commands.SignedIn) {
			do(w, w.SignOutEverywhere, w.authenticated(in.Token), struct{}{})
		},
		"restored": func(w *world, _ commands.SignedIn) { w.restore() },
	} {
		w := newWorld(t)
		w.account(ada)
		in, _ := w.signInFrom(ada, "")
		forget(w, in)
		for range 2 { // this process, and the next one
			if again, started := w.signInFrom(ada, in.Client); !started.NewClient || len(started.Unusual) != 1 || again.Client == in.Client {
				t.Errorf("%s: %+v", name, started)
			}
			w.restart()
		}
	}
}

// A repeat gets the same client, wherever the first request died; a first client stays one.
func TestCrashesWhileAClientSignsIn(t *testing.T) {
	everyCrash(t, func(w *world) func() error {
		w.account(ada)
		return func() error {
			r := keyed(domain.Guest(), "sign_in")
			r.Key = "5f8e4f0a-8b1e-4c55-9a4e-0d1f6f0a7c11"
			_, err := w.SignIn(t.Context(), r, signInOf(ada))
			return err
		}
	}, func(w *world) {
		r := keyed(domain.Guest(), "sign_in")
		r.Key = "5f8e4f0a-8b1e-4c55-9a4e-0d1f6f0a7c11"
		one, err := w.SignIn(t.Context(), r, signInOf(ada))
		if err != nil {
			t.Fatal(err)
		}
		two, err := w.SignIn(t.Context(), r, signInOf(ada))
		if err != nil || two.Value.Client != one.Value.Client || two.Value.Token != one.Value.Token {
			t.Errorf("a repeat: %v", err)
		}
		if _, started := w.signInFrom(ada, one.Value.Client); started.NewClient {
			t.Error("the client that the answer gave is not known")
		}
	}, func(w *world) string {
		for _, f := range w.log() {
			if e, ok := f.Event.(domain.SessionStarted); ok && len(e.Unusual) > 0 {
				t.Error("the first client is unusual")
			}
		}
		return w.shape()
	})
}

// The history says how a sign-in was made and whether its client was known; no secret of a client is on the log.
func TestHistoryOfClients(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	in, _ := w.signInFrom(ada, "")
	w.clock.forward(time.Minute)
	w.signInFrom(ada, in.Client)
	var told []string
	for _, e := range do(w, w.History, w.authenticated(in.Token), commands.ListHistory{Most: 200}).Entries {
		if e.Type == "session.started.v1" {
			told = append(told, string(e.Details))
		}
	}
	if len(told) != 2 || !strings.Contains(told[0], `"new_client":false`) || !strings.Contains(told[1], `"new_client":true`) ||
		!strings.Contains(told[0], `"methods":["password"]`) || !strings.Contains(told[0], `"level":1`) {
		t.Errorf("%q", told)
	}
	var at journal.Checkpoint
	p, err := w.journal.ReadAll(t.Context(), at, journal.PageSize)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range p.Records {
		if strings.HasPrefix(r.Stream, "clients-") && r.Subject.IsZero() {
			t.Errorf("%s concerns nobody", r.Type)
		}
	}
}
