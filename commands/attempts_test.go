package commands_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/passwords"
)

// guess is a wrong password from an address.
func guess(email string) commands.SignIn {
	in := signInOf(email)
	in.Password = passwords.New("another long password 7")
	return in
}

func (w *world) signInAt(address string, in commands.SignIn) (commands.SignedIn, error) {
	r := request(domain.Guest())
	r.Client.Address = address
	a, err := w.SignIn(w.t.Context(), r, in)
	return a.Value, err
}

// guesses makes wrong guesses until one is refused, at most so many, and says how many were tried and how long to wait then.
func (w *world) guesses(address, email string, most int) (tried, retry int) {
	w.t.Helper()
	for n := range most {
		_, err := w.signInAt(address, guess(email))
		var refusal *domain.Error
		switch {
		case errors.Is(err, domain.ErrCredentials):
		case errors.As(err, &refusal) && refusal.Code == domain.ErrRate.Code:
			return n, refusal.Retry
		default:
			w.t.Fatalf("guess %d: %v", n, err)
		}
	}
	return most, 0
}

func network(n int) string { return fmt.Sprintf("10.%d.%d.7", n/250, n%250) }

// Wrong passwords from one network shut out neither another network nor anybody else, and the refusal says how long it holds.
func TestALimitIsOneNetworks(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	limit := w.deps.Config.Limits.SignIns
	for _, email := range []string{ada, "nobody@example.com"} { // alike, whether or not there is an account
		tried, retry := w.guesses(network(1), email, 100)
		if tried != limit.Events || retry < 1 || retry > int(limit.Window.Seconds()) {
			t.Errorf("%s: %d tried, retry after %d", email, tried, retry)
		}
		w.clock.forward(limit.Window / 2)
		if again, sooner := w.guesses(network(1), email, 1); again != 0 || sooner >= retry {
			t.Errorf("%s, later: retry after %d, then %d", email, retry, sooner)
		} else if w.clock.forward(time.Duration(sooner) * time.Second); sooner > 0 {
			if tried, _ := w.guesses(network(1), email, 1); tried != 1 {
				t.Errorf("%s: a wait as long as it was said is not enough", email)
			}
		}
	}
	w.clock.forward(24 * time.Hour)
	w.guesses(network(1), ada, 100)
	if _, err := w.signInAt(network(1), signInOf(ada)); !errors.Is(err, domain.ErrRate) {
		t.Errorf("the right password from the same network: %v", err)
	}
	if _, err := w.signInAt(network(2), signInOf(ada)); err != nil {
		t.Errorf("from another network: %v", err)
	}
	if _, err := w.signInAt(network(1), guess("bob@example.com")); !errors.Is(err, domain.ErrCredentials) {
		t.Errorf("somebody else from the same network: %v", err)
	}
	w.unique()
}

// A right password costs no attempt.
func TestRightPasswordsAreGivenBack(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	limit := w.deps.Config.Limits.SignIns.Events
	for range limit - 1 {
		_, _ = w.signInAt(network(1), guess(ada))
	}
	for range limit {
		if _, err := w.signInAt(network(1), signInOf(ada)); err != nil {
			t.Fatal(err)
		}
	}
}

// Guesses at once are counted before they are hashed.
func TestParallelGuesses(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	var all sync.WaitGroup
	var tried atomic.Int32
	for range 120 {
		all.Go(func() {
			if _, err := w.signInAt(network(1), guess(ada)); errors.Is(err, domain.ErrCredentials) {
				tried.Add(1)
			}
		})
	}
	all.Wait()
	if limit := w.deps.Config.Limits.SignIns.Events; int(tried.Load()) > limit {
		t.Errorf("%d were tried, %d are allowed", tried.Load(), limit)
	}
}

// A process that is killed forgets less than a step, and one after it goes on counting; also over midnight.
func TestLimitsSurviveARestart(t *testing.T) {
	for name, at := range map[string]time.Time{
		"noon":            time.Date(2026, 5, 17, 12, 0, 0, 0, time.UTC),
		"before midnight": time.Date(2026, 5, 31, 23, 58, 0, 0, time.UTC),
	} {
		w := newWorld(t)
		w.clock.at.Store(at.UnixNano())
		limit := w.deps.Config.Limits.SignIns.Events
		w.guesses(network(1), ada, limit-1)
		w.restart()
		w.clock.forward(5 * time.Minute) // the next day
		tried, _ := w.guesses(network(1), ada, 100)
		if most := 1 + limit/4 - 1; tried > most {
			t.Errorf("%s: %d more were tried after a restart, %d can be", name, tried, most)
		}
		w.restart()
		if tried, _ := w.guesses(network(1), ada, 100); tried != 0 {
			t.Errorf("%s: %d more after another restart", name, tried)
		}
	}
}

// Several processes let through no more than the limit and, for each of them, a step.
func TestLimitsOfSeveralProcesses(t *testing.T) {
	w, server := newWorld(t), shared(t)
	processes := []*world{w.process(server), w.process(server), w.process(server)}
	processes[0].account(ada)
	limit := w.deps.Config.Limits.SignIns.Events
	var all sync.WaitGroup
	var tried atomic.Int32
	for n := range 40 * len(processes) {
		p := processes[n%len(processes)]
		all.Go(func() {
			if _, err := p.signInAt(network(1), guess(ada)); errors.Is(err, domain.ErrCredentials) {
				tried.Add(1)
			}
		})
	}
	all.Wait()
	// Attempts in flight in other processes are not seen: each may have a step unrecorded and as many in flight as the limit left.
	if got, most := int(tried.Load()), limit+len(processes)*limit/8; got > len(processes)*limit || got < limit {
		t.Errorf("%d at once in three processes, meant are %d", got, most)
	}
	for _, p := range processes {
		if more, _ := p.guesses(network(1), ada, 100); more > limit/8 {
			t.Errorf("%d more, one by one", more)
		}
	}
	w.clock.forward(15 * time.Minute)
	total := 0
	for round := range 60 { // one by one, by turns
		if _, err := processes[round%3].signInAt(network(1), guess(ada)); errors.Is(err, domain.ErrCredentials) {
			total++
		}
	}
	if most := limit + len(processes)*(limit/8); total > most {
		t.Errorf("%d one by one in three processes, %d are allowed", total, most)
	}
}

// One network that tries many identifiers is shut out, and costs the log little.
func TestANetworkThatSprays(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	before := w.since(func() {
		tried := 0
		for n := range 200 {
			if _, err := w.signInAt(network(1), guess(fmt.Sprintf("p%d@example.com", n))); errors.Is(err, domain.ErrCredentials) {
				tried++
			}
		}
		if tried != w.deps.Config.Limits.Networks.Events {
			t.Errorf("%d identifiers from one network", tried)
		}
	})
	if len(before) != 5 { // four steps and the limit, all about the network
		t.Errorf("%v", before)
	}
	if _, err := w.signInAt(network(1), signInOf(ada)); !errors.Is(err, domain.ErrRate) {
		t.Errorf("a client that is not known, from there: %v", err)
	}
	if _, err := w.signInAt(network(2), signInOf(ada)); err != nil {
		t.Error(err)
	}
}

// Very many identifiers, once each from networks of their own, grow neither the log nor memory without bound.
func TestManyIdentifiersOnce(t *testing.T) {
	w := newWorld(t)
	const many, remembered = manyIdentifiers, 1000 // by default 65,536 are remembered
	var err error
	if w.Menu, err = commands.NewForgetful(t.Context(), w.deps, remembered); err != nil {
		t.Fatal(err)
	}
	w.guesses(network(1), ada, 4) // less than a step
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w.appended(nil, func() {
		for n := range many {
			from := fmt.Sprintf("2001:%x:%x::1", 0xdb8+n>>16, n%(1<<16))
			if _, err := w.signInAt(from, guess(fmt.Sprintf("p%d@example.com", n))); !errors.Is(err, domain.ErrCredentials) {
				t.Fatal(err)
			}
		}
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 16<<20 {
		t.Errorf("memory has grown by %d MiB", grown>>20)
	}
	// What was counted before is not lost to them.
	if tried, _ := w.guesses(network(1), ada, 100); tried != w.deps.Config.Limits.SignIns.Events-4 {
		t.Errorf("%d more were tried", tried)
	}
}

// A clock that was ahead shuts nobody out once it is right, and one that goes back does not forget.
func TestLimitsAndTheClock(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.clock.forward(3 * time.Hour)
	w.guesses(network(1), ada, 100)
	w.restart()
	w.clock.forward(-3 * time.Hour)
	if _, err := w.signInAt(network(1), signInOf(ada)); err != nil {
		t.Errorf("the clock was three hours ahead: %v", err)
	}
	w.guesses(network(2), ada, 100)
	w.restart()
	w.clock.forward(-time.Minute)
	if _, err := w.signInAt(network(2), signInOf(ada)); !errors.Is(err, domain.ErrRate) {
		t.Errorf("the clock went back a minute: %v", err)
	}
}

// A log that takes nothing refuses no owner for it, and what was counted is recorded later.
func TestCountsThatCannotBeRecorded(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	limit := w.deps.Config.Limits.SignIns.Events
	failing := *w
	failing.start(fullStore{w.store}, w.vault)
	for range limit {
		if _, err := failing.signInAt(network(1), guess(ada)); err == nil {
			t.Fatal("a wrong password passed")
		}
	}
	if _, err := failing.signInAt(network(1), guess(ada)); !errors.Is(err, domain.ErrRate) {
		t.Errorf("the limit does not hold in memory: %v", err)
	}
}

// fullStore takes nothing.
type fullStore struct{ eventstore.Store }

func (fullStore) Append(context.Context, string, int64, ...eventstore.Event) (eventstore.Appended, error) {
	return eventstore.Appended{}, errors.New("the disk is full")
}

// Sign-ups are limited by network, alike for free and taken addresses, and a repeat is no other one.
func TestSignUpsOfANetwork(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	w.deps.Config.Limits.SignUps = commands.DefaultLimits().SignUps
	w.restart()
	one := keyed(domain.Guest(), "signUp")
	for range 3 {
		if _, err := w.SignUp(t.Context(), one, signUpOf("one@example.com")); err != nil {
			t.Fatal(err)
		}
	}
	signUp := func(address, email string) error {
		r := request(domain.Guest())
		r.Client.Address = address
		_, err := w.SignUp(t.Context(), r, signUpOf(email))
		return err
	}
	for n := range 9 {
		if err := signUp("192.0.2.9", fmt.Sprintf("p%d@example.com", n)); err != nil {
			t.Fatal(err)
		}
	}
	w.restart()
	for _, email := range []string{ada, "free@example.com"} {
		if err := signUp("192.0.2.10", email); !errors.Is(err, domain.ErrRate) {
			t.Errorf("%s: %v", email, err)
		}
	}
	if err := signUp("198.51.100.1", "free@example.com"); err != nil {
		t.Errorf("another network: %v", err)
	}
	if _, err := w.SignUp(t.Context(), one, signUpOf("one@example.com")); err != nil {
		t.Errorf("a repeat: %v", err)
	}
	w.clock.forward(time.Hour)
	if err := signUp("192.0.2.10", "free2@example.com"); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
