package commands_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/eventstore"
)

// ordered fails the test when a stream's times go back.
func (w *world) ordered() {
	w.t.Helper()
	last := map[string]time.Time{}
	for _, f := range w.log() {
		if f.At.Before(last[f.Stream]) {
			w.t.Errorf("%s version %d is of %s, after %s", f.Stream, f.Version, f.At, last[f.Stream])
		}
		last[f.Stream] = f.At
	}
}

// TestCodesWhenTheClockJumps: a code from ahead of the clock counts as expired, like an old one; a new one can be asked
// for at once, and passes.
func TestCodesWhenTheClockJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"an hour back": -time.Hour, "a day back": -24 * time.Hour, "23 hours on": 23 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			s := w.signUp(ada)
			code := w.message(s, 1).Code
			w.clock.forward(jump)
			if _, err := w.check(s, code); !errors.Is(err, domain.ErrCodeExpired) {
				t.Fatalf("a code of another time: %v", err)
			}
			do(w, w.Resend, domain.Guest(), commands.Resend{Verification: s.Verification, Handle: s.Handle})
			if _, err := w.check(s, code); !errors.Is(err, domain.ErrCode) && !errors.Is(err, domain.ErrCodeExpired) {
				t.Fatalf("the code before: %v", err)
			}
			// What is lifted to the time of the stream is from ahead of a clock that went back, until that has caught up.
			if jump < 0 {
				w.clock.forward(-jump)
			}
			if _, err := w.check(s, w.message(s, 2).Code); err != nil {
				t.Fatalf("the new code: %v", err)
			}
			w.session(ada)
			w.ordered()
		})
	}
}

// TestSessionsWhenTheClockJumps: a session from more than two minutes ahead does not open, and does again when the
// clock is right; one that ran out while the clock was wrong stays shut only as long as that says so.
func TestSessionsWhenTheClockJumps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account(ada)
	_, in := w.session(ada)
	valid := func(when string, want bool) {
		t.Helper()
		if _, err := w.Authenticate(t.Context(), in.Token); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
	}
	valid("at first", true)
	for _, jump := range []struct {
		by   time.Duration
		want bool
	}{{-time.Minute, true}, {-time.Hour, false}, {-24 * time.Hour, false}, {24 * time.Hour, true}, {domain.SessionLifetime, false}} {
		w.clock.forward(jump.by)
		valid("the clock jumped by "+jump.by.String(), jump.want)
		w.clock.forward(-jump.by)
		valid("and came back", true)
	}
	w.clock.forward(-24 * time.Hour)
	again, in2 := w.session(ada)
	do(w, w.EndSession, again, commands.EndSession{ID: again.Session})
	w.clock.forward(24 * time.Hour)
	if _, err := w.Authenticate(t.Context(), in2.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("a session that was ended while the clock was behind: %v", err)
	}
	valid("the first one", true)
	w.ordered()
}

// TestOrderWhenTheClockJumps: what came later in the log holds, whatever the clock said, and no stream's times go back.
func TestOrderWhenTheClockJumps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person, service := w.person(ada), w.service("weather")
	decided := func(want domain.Outcome) {
		t.Helper()
		d := do(w, w.DecideAccess, service, commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose})
		if d.Outcome != want {
			t.Errorf("%s instead of %s", d.Outcome, want)
		}
	}
	decided(domain.Denied)
	for _, jump := range []time.Duration{0, -24 * time.Hour, 3 * time.Hour, 48 * time.Hour, -time.Hour} {
		w.clock.forward(jump)
		do(w, w.SetPermission, person, w.grant())
		decided(domain.Allowed)
		w.clock.forward(-2 * time.Hour)
		do(w, w.SetPermission, person, withdrawal())
		decided(domain.Denied)
	}
	history := do(w, w.History, person, commands.ListHistory{Most: 200}).Entries
	if len(history) < 10 {
		t.Errorf("the history has %d entries", len(history))
	}
	w.ordered()
	w.unique()
}

// TestNothingIsDecidedOnAnEventOfANewerProgram: an account whose stream has an event that this program does not know is
// left alone until a newer program runs; others are not concerned.
func TestNothingIsDecidedOnAnEventOfANewerProgram(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	person, other, service := w.person(ada), w.person("grace@example.org"), w.service("weather")
	do(w, w.SetPermission, person, w.grant())
	do(w, w.SetPermission, other, w.grant())
	head, err := w.journal.LastOf(t.Context(), domain.AccountStream(person.Account))
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.store.Append(t.Context(), head.Stream, head.Version, eventstore.Event{ID: uuid.New(), Type: "permission.withdrawn.v2", Data: []byte(`{"all":true}`),
		Metadata: []byte(`{"format":1,"at":"2026-05-17T13:00:00Z","actor":{"kind":"system"},"channel":"process"}`)})
	if err != nil {
		t.Fatal(err)
	}
	for name, start := range map[string]func(){"while it runs": func() {}, "after a restart": w.restart} {
		start()
		ask := commands.DecideAccess{Account: person.Account, Permission: weather.Permission, Purpose: weather.Purpose}
		var told *domain.Error
		if _, err := w.DecideAccess(t.Context(), request(service), ask); !errors.As(err, &told) || told.Kind != domain.Unavailable {
			t.Errorf("%s, a decision: %v", name, err)
		}
		if _, err := w.SetPermission(t.Context(), request(person), withdrawal()); !errors.As(err, &told) || told.Kind != domain.Unavailable {
			t.Errorf("%s, a change: %v", name, err)
		}
		ask.Account = other.Account
		if d := do(w, w.DecideAccess, service, ask); d.Outcome != domain.Allowed {
			t.Errorf("%s, another account: %s", name, d.Outcome)
		}
	}
}
