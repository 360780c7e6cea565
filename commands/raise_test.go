package commands_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passwords"
)

func raiseBy(p string) commands.Raise {
	return commands.Raise{Evidence: commands.Evidence{Password: passwords.New(p)}}
}

// authenticated is the caller that a token belongs to now.
func (w *world) authenticated(token commands.Token) domain.Caller {
	w.t.Helper()
	c, err := w.Authenticate(w.t.Context(), token)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

// A stolen token is not enough to have an account erased or another address added: after some minutes the owner proves again who they
// are, which ends the old token.
func TestStepUp(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	_, in := w.session(ada)
	w.clock.forward(4 * time.Minute)
	if err := w.RequestErasure.May(w.authenticated(in.Token)); err != nil {
		t.Errorf("right after the sign-in: %v", err)
	}
	w.clock.forward(2 * time.Minute)
	stale := w.authenticated(in.Token)
	var refusal *domain.Error
	if err := w.RequestErasure.May(stale); !errors.As(err, &refusal) || !errors.Is(err, domain.ErrStepUp) || refusal.StepUp.MaxAge != 5*time.Minute ||
		refusal.StepUp.Level != domain.LevelOne || len(refusal.StepUp.Ways) != 1 {
		t.Fatalf("later: %v", err)
	}
	w.appended(nil, func() {
		refused(w, w.RequestErasure, stale, commands.RequestErasure{}, domain.ErrStepUp)
		refused(w, w.AddContact, stale, commands.AddContact{Email: ada2}, domain.ErrStepUp)
		refused(w, w.Raise, stale, raiseBy("not hers at all"), domain.ErrPassword)
	})
	var raised commands.SignedIn
	w.appended([]string{"session.raised.v1"}, func() { raised = do(w, w.Raise, stale, raiseBy(password)) })
	if raised.Session != in.Session || raised.Token == in.Token || !raised.Expires.Equal(in.Expires) || raised.Account != stale.Account {
		t.Errorf("raised: %+v", raised)
	}
	w.restart()
	if _, err := w.Authenticate(t.Context(), in.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("the old token: %v", err)
	}
	fresh := w.authenticated(raised.Token)
	w.addContact(fresh, ada2)
	do(w, w.RequestErasure, fresh, commands.RequestErasure{})
	do(w, w.SignOutEverywhere, fresh, struct{}{})
	refused(w, w.Raise, fresh, raiseBy(password), domain.ErrSession)
	w.unique()
}

// A stolen token can neither guess the password without bound nor shut its owner out.
func TestGuessingWithAToken(t *testing.T) {
	w := newWorld(t)
	thief := w.person(ada)
	for range commands.DefaultLimits().SignIns.Events {
		refused(w, w.Raise, thief, raiseBy("not hers at all"), domain.ErrPassword)
	}
	refused(w, w.Raise, thief, raiseBy(password), domain.ErrRate)
	w.session(ada) // the owner
}

// Two at once: both get a token, and only the last one's is good.
func TestRaisedTwiceAtOnce(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	first, second := do(w, w.Raise, c, raiseBy(password)), do(w, w.Raise, c, raiseBy(password))
	if _, err := w.Authenticate(t.Context(), first.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("the first: %v", err)
	}
	w.authenticated(second.Token)
	key := keyed(c, "raise")
	one, err := w.Raise(t.Context(), key, raiseBy(password))
	if err != nil {
		t.Fatal(err)
	}
	var again commands.Answer[commands.SignedIn]
	w.appended(nil, func() { again, err = w.Raise(t.Context(), key, raiseBy(password)) })
	if err != nil || again.Value.Token != one.Value.Token {
		t.Errorf("a repeat: %v", err)
	}
}

// An officer's session ends when it is not used for a quarter of an hour, however many processes serve it; its use is recorded now and
// then, not with each request. Their looks ask for a proof of the last quarter of an hour.
func TestIdleOfficers(t *testing.T) {
	w := newWorld(t)
	w.officer("officer@example.org", domain.RoleCompliance)
	in := signInOf("officer@example.org")
	in.Staff = true
	token := do(w, w.SignIn, domain.Guest(), in).Token
	elsewhere := *w
	elsewhere.restart()
	w.appended([]string{"session.seen.v1", "session.seen.v1"}, func() {
		for range 4 {
			w.clock.forward(3 * time.Minute)
			w.authenticated(token)
			elsewhere.authenticated(token)
		}
	})
	w.clock.forward(14 * time.Minute)
	officer := elsewhere.authenticated(token)
	look := commands.LookUp{Why: commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-2026-1"}, Email: ada}
	refused(w, w.LookUp, officer, look, domain.ErrStepUp)
	token = do(w, w.Raise, officer, raiseBy(password)).Token
	do(w, w.LookUp, w.authenticated(token), look)
	w.clock.forward(domain.StaffSessionIdle + domain.StaffSeenEvery)
	w.appended(nil, func() {
		for _, process := range []*world{w, &elsewhere} {
			if _, err := process.Authenticate(t.Context(), token); !errors.Is(err, domain.ErrSession) {
				t.Errorf("idle: %v", err)
			}
		}
	})
}

// A person's session lives on while it is used at least once a month, and its use is recorded once a day.
func TestIdlePeople(t *testing.T) {
	w := newWorld(t)
	w.account(ada)
	_, in := w.session(ada)
	w.appended([]string{"session.seen.v1", "session.seen.v1"}, func() {
		for range 2 {
			w.clock.forward(29 * 24 * time.Hour)
			w.authenticated(in.Token)
			w.authenticated(in.Token)
		}
	})
	w.clock.forward(domain.SessionIdle + domain.SeenEvery)
	if _, err := w.Authenticate(t.Context(), in.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("idle: %v", err)
	}
}
