package commands_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/commands"
	"accountledger/domain"
)

// worldOfCountries is a ledger that knows the countries of some addresses, with an account that nobody has signed in to.
func worldOfCountries(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	w.deps.Country = func(address string) domain.Region {
		return map[string]domain.Region{"192.0.2": "DE", "198.51.100": "FR", "203.0.113": "ES"}[address[:strings.LastIndex(address, ".")]]
	}
	w.restart()
	w.account(ada)
	return w
}

// Addresses of the countries.
const (
	german  = "192.0.2.9"
	french  = "198.51.100.9"
	spanish = "203.0.113.9"
	unknown = "10.1.2.9"
)

// unusualFrom signs ada in from an address, and gives the reasons on the log.
func (w *world) unusualFrom(address string, client commands.Token) (commands.SignedIn, []domain.Unusual) {
	w.t.Helper()
	in := signInOf(ada)
	in.Client = client
	out, err := w.SignIn(w.t.Context(), from(address), in)
	w.must(err)
	for _, f := range slices.Backward(w.log()) {
		switch e := f.Event.(type) {
		case domain.SessionStarted:
			if e.Session == out.Value.Session {
				return out.Value, e.Unusual
			}
		case domain.SignInBegun:
			if out.Value.Pending != nil {
				return out.Value, e.Unusual
			}
		}
	}
	w.t.Fatal("no sign-in stands on the log")
	return out.Value, nil
}

func (w *world) wantUnusual(address string, want ...domain.Unusual) commands.SignedIn {
	w.t.Helper()
	out, got := w.unusualFrom(address, "")
	if !slices.Equal(got, want) {
		w.t.Errorf("from %s: %v, want %v", address, got, want)
	}
	return out
}

// TestUnusualCountry: of a new client alone, compared with the sign-ins of 90 days; no event tells a country.
func TestUnusualCountry(t *testing.T) {
	t.Parallel()
	w := worldOfCountries(t)
	first := w.wantUnusual(german) // nothing to compare with
	w.restart()
	w.wantUnusual(german, domain.UnusualClient)
	w.wantUnusual(unknown, domain.UnusualClient)
	if _, got := w.unusualFrom(french, first.Client); len(got) > 0 {
		t.Errorf("a client that is known: %v", got)
	}
	w.wantUnusual(french, domain.UnusualClient) // as it was there just now
	w.wantUnusual(spanish, domain.UnusualClient, domain.UnusualCountry)
	w.wantUnusual(spanish, domain.UnusualClient)
	w.clock.forward(60 * 24 * time.Hour)
	w.wantUnusual(german, domain.UnusualClient)
	w.clock.forward(60 * 24 * time.Hour)
	w.wantUnusual(german, domain.UnusualClient)
	w.wantUnusual(french, domain.UnusualClient, domain.UnusualCountry) // 120 days later

	for _, f := range w.log() {
		stored, err := json.Marshal(f.Event)
		if err != nil || f.Subject != first.Account {
			continue // notices name countries, too
		}
		if s := string(stored); strings.Contains(s, `"FR"`) || strings.Contains(s, `"ES"`) {
			t.Errorf("a country stands on the log: %s", s)
		}
	}
	w.deps.Country = nil
	w.restart()
	w.wantUnusual(spanish, domain.UnusualClient)
}

// TestUnusualLongAgo: half a year after the last sign-in, by whatever client.
func TestUnusualLongAgo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account(ada)
	w.clock.forward(200 * 24 * time.Hour)
	first := w.wantUnusual(german) // the first ever
	w.clock.forward(170 * 24 * time.Hour)
	if _, got := w.unusualFrom(german, first.Client); len(got) > 0 {
		t.Errorf("a client that is known: %v", got)
	}
	w.clock.forward(170 * 24 * time.Hour)
	w.restart()
	w.wantUnusual(german, domain.UnusualClient)
	w.clock.forward(180 * 24 * time.Hour)
	w.wantUnusual(german, domain.UnusualClient, domain.UnusualLongAgo)
	w.wantUnusual(german, domain.UnusualClient)
}

// TestUnusualAfterRefusals: five wrong passwords in an hour, from wherever they came, make even the first client unusual; a client that is
// known is not touched by them.
func TestUnusualAfterRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account(ada)
	for n := range domain.UnusualRefusals {
		if n == domain.UnusualRefusals-1 {
			w.wantUnusual(german)
			w.wantUnusual(german, domain.UnusualClient)
		}
		w.guesses(network(n), ada, 1)
	}
	known := w.wantUnusual(german, domain.UnusualClient, domain.UnusualRefused)
	w.wantUnusual(german, domain.UnusualClient, domain.UnusualRefused) // a right one in between ends nothing
	if _, got := w.unusualFrom(german, known.Client); len(got) > 0 {
		t.Errorf("a client that is known: %v", got)
	}
	w.clock.forward(time.Hour)
	w.wantUnusual(german, domain.UnusualClient)

	// What another process recorded counts, too.
	other := &world{t: t, clock: w.clock, store: w.store, vault: w.vault, deps: w.deps}
	other.restart()
	for n := range 30 {
		other.guesses(network(n/5), ada, 1)
	}
	w.wantUnusual(german, domain.UnusualClient, domain.UnusualRefused)
	w.unique()
}

// TestUnusualNetwork: a network whose sign-ins reached a limit today, at whatever identifiers.
func TestUnusualNetwork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account(ada)
	w.wantUnusual(german)
	for n := range 10 {
		w.guesses(french, fmt.Sprintf("somebody%d@example.com", n), 10)
	}
	w.clock.forward(time.Hour) // the limit itself is over
	w.restart()
	w.wantUnusual(french, domain.UnusualClient, domain.UnusualNetwork)
	w.wantUnusual("198.51.100.77", domain.UnusualClient, domain.UnusualNetwork)
	w.wantUnusual(german, domain.UnusualClient)
	w.clock.forward(24 * time.Hour)
	w.wantUnusual(french, domain.UnusualClient)
}

// TestUnusualReasonsAskForACode where the operator wants one, even from a first client; sign-in and session both tell them.
func TestUnusualReasonsAskForACode(t *testing.T) {
	t.Parallel()
	w := worldOfCountries(t)
	w.deps.Config.Unusual = commands.UnusualCode
	w.restart()
	if first := w.wantUnusual(german); first.Pending != nil {
		t.Error("a first client needs a code")
	}
	for n := range domain.UnusualRefusals {
		w.guesses(network(n), ada, 1)
	}
	want := []domain.Unusual{domain.UnusualClient, domain.UnusualCountry, domain.UnusualRefused}
	p := w.wantUnusual(spanish, want...).Pending
	if p == nil {
		t.Fatal("it needs no code")
	}
	in := do(w, w.ContinueSignIn, domain.Guest(), withCode(p, w.codeOf(p)))
	w.authenticated(in.Token)
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.SessionStarted); ok && e.Session == in.Session && !slices.Equal(e.Unusual, want) {
			t.Errorf("the session: %v", e.Unusual)
		}
	}

	w.account("bob@example.com")
	for n := range domain.UnusualRefusals {
		w.guesses(network(n), "bob@example.com", 1)
	}
	if out := do(w, w.SignIn, domain.Guest(), signInOf("bob@example.com")); out.Pending == nil {
		t.Error("a first client after guesses needs no code")
	}
	w.unique()
}
