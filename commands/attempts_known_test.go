package commands_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// The owner stays in at a client that is known, whatever a thousand networks do, their own among them.
func TestAKnownClientIsNotShutOut(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	at, err := w.signInAt(network(0), signInOf(ada))
	if err != nil {
		t.Fatal(err)
	}
	mine := signInOf(ada)
	mine.Client = at.Client
	for n := range 1000 {
		for range 2 {
			_, _ = w.signInAt(network(n), guess(ada))
		}
		if n%100 == 0 {
			if got, err := w.signInAt(network(0), mine); err != nil || got.Pending != nil {
				t.Fatalf("after %d networks: %v", n, err)
			}
		}
	}
	w.guesses(network(0), ada, 100) // behind the same carrier's address
	if got, err := w.signInAt(network(0), mine); err != nil || got.Pending != nil {
		t.Errorf("from a network that is shut out: %v", err)
	}
	// With a stolen token of the client nobody guesses without bound, and it does not count against others.
	stolen := guess(ada)
	stolen.Client = at.Client
	tried := 0
	for range 100 {
		if _, err := w.signInAt(network(2000), stolen); errors.Is(err, domain.ErrCredentials) {
			tried++
		}
	}
	if tried != w.deps.Config.Limits.SignIns.Events {
		t.Errorf("%d with a client's token", tried)
	}
	w.unique()
}

// After a hundred wrong passwords in a row, from wherever they came, the right one alone does not begin a session at a client that is not
// known. The owner is not locked out, a known client notices nothing, and the outside sees no difference.
func TestAHundredInARow(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	known, err := w.signInAt(network(0), signInOf(ada))
	if err != nil {
		t.Fatal(err)
	}
	hundred := func(email string) []string {
		return w.since(func() {
			for n := range 10 {
				if tried, _ := w.guesses(network(100+n), email, 10); tried != 10 {
					t.Fatalf("%d tried", tried)
				}
			}
		})
	}
	taken := hundred(ada)
	w.clock.forward(time.Hour)
	if free := hundred("nobody@example.com"); !slices.Equal(taken, free) {
		t.Errorf("taken: %v\nfree: %v", taken, free)
	}
	w.restart()
	pending, err := w.signInAt(network(500), signInOf(ada))
	if err != nil || pending.Pending == nil || pending.Token != "" {
		t.Fatalf("the right password alone: %v", err)
	}
	mine := signInOf(ada)
	mine.Client = known.Client
	if got, err := w.signInAt(network(0), mine); err != nil || got.Pending != nil {
		t.Errorf("a known client: %v", err)
	}
	// That was a right one: the row has ended.
	if got, err := w.signInAt(network(501), signInOf(ada)); err != nil || got.Pending != nil {
		t.Errorf("after the row: %v", err)
	}
	w.clock.forward(time.Hour)
	hundred(ada)
	pending, err = w.signInAt(network(502), signInOf(ada))
	if err != nil || pending.Pending == nil {
		t.Fatalf("another row: %v", err)
	}
	in := do(w, w.ContinueSignIn, domain.Guest(), withCode(pending.Pending, w.codeOf(pending.Pending)))
	w.authenticated(in.Token)
	w.appended([]string{"client.known.v1", "session.started.v1"}, func() {
		if got, err := w.signInAt(network(503), signInOf(ada)); err != nil || got.Pending != nil {
			t.Errorf("after the code: %v", err)
		}
	})
	w.unique()
}

// An officer has no such code: a known client stays in, others get the answer to a wrong password.
func TestAHundredInARowAtAnOfficer(t *testing.T) {
	w := newWorld(t)
	const grace = "grace@example.com"
	w.officer(grace, domain.RoleAnalyst)
	right, wrong := signInOf(grace), guess(grace)
	right.Staff, wrong.Staff = true, true
	known, err := w.signInAt(network(0), right)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 100 {
		_, _ = w.signInAt(network(1+n/10), wrong)
	}
	if _, err := w.signInAt(network(50), right); !errors.Is(err, domain.ErrCredentials) {
		t.Errorf("a client that is not known: %v", err)
	}
	right.Client = known.Client
	if _, err := w.signInAt(network(50), right); err != nil {
		t.Errorf("a known client: %v", err)
	}
}

// Past the row of an officer, a right password is told by nothing: it is refused and counted like a wrong one. At the machine they get in,
// and that ends the row.
func TestNothingTellsTheRightPassword(t *testing.T) {
	w := newWorld(t)
	const grace = "grace@example.com"
	w.officer(grace, domain.RoleAnalyst)
	right, wrong := signInOf(grace), guess(grace)
	right.Staff, wrong.Staff = true, true
	for n := range 100 {
		_, _ = w.signInAt(network(1+n/10), wrong)
	}
	for name, in := range map[string]commands.SignIn{network(50): right, network(51): wrong} {
		tried := 0
		for range 30 {
			if _, err := w.signInAt(name, in); errors.Is(err, domain.ErrCredentials) {
				tried++
			} else if !errors.Is(err, domain.ErrRate) {
				t.Fatal(err)
			}
		}
		if tried != w.deps.Config.Limits.SignIns.Events {
			t.Errorf("%s: %d tried", name, tried)
		}
	}
	there := request(domain.Guest())
	there.Channel, there.Client = domain.ChannelConsole, domain.ClientInfo{}
	if _, err := w.SignIn(t.Context(), there, right); err != nil {
		t.Fatalf("at the machine: %v", err)
	}
	if _, err := w.signInAt(network(52), right); err != nil {
		t.Errorf("after that: %v", err)
	}
}

// Somebody who knows the password uses up neither the sign-ins of a known client nor, by asking for codes, anybody's; and what they are
// refused is counted.
func TestSignInsOfAThief(t *testing.T) {
	w, known := askingWorld(t)
	w.deps.Config.Limits.Starts = commands.DefaultLimits().Starts
	w.restart()
	mine := signInOf(ada)
	mine.Client = known.Client
	for n := range 100 { // each asks for a code, or for too many
		if _, err := w.signInAt(network(n), signInOf(ada)); err != nil && !errors.Is(err, domain.ErrMessages) {
			t.Fatal(err)
		}
	}
	do(w, w.SignIn, domain.Guest(), mine)
	w.clock.forward(24 * time.Hour)
	p := w.begin()
	do(w, w.ContinueSignIn, domain.Guest(), withCode(p, w.codeOf(p)))

	w.deps.Config.Unusual = commands.UnusualOff
	w.restart()
	for n := range 2 * w.deps.Config.Limits.Starts.Burst {
		_, _ = w.signInAt(network(n), signInOf(ada))
	}
	counted := w.since(func() {
		for range 50 {
			if _, err := w.signInAt(network(300), signInOf(ada)); err == nil {
				t.Fatal("another session")
			}
		}
	})
	if !slices.Contains(counted, "attempts.limited.v1") {
		t.Errorf("what is refused is not counted: %v", counted)
	}
	do(w, w.SignIn, domain.Guest(), mine)
}
