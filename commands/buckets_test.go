package commands_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// One person who writes without pause is slowed down and told for how long; others are not, and each kind of change counts.
func TestChangesOfOnePerson(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Limits.Changes = commands.DefaultLimits().Changes
	w.restart()
	c, bob := w.person(ada), w.person("bob@example.com")
	set, bucket := w.grant(), w.deps.Config.Limits.Changes
	changed := 0
	var refusal *domain.Error
	for range 10 * bucket.Burst {
		if _, err := w.SetPermission(t.Context(), request(c), set); err == nil {
			changed++
		} else if !errors.As(err, &refusal) || refusal.Code != domain.ErrChanges.Code || refusal.Retry < 1 {
			t.Fatal(err)
		}
	}
	if changed < bucket.Burst || changed > bucket.Burst+2 { // the clock moves a little
		t.Errorf("%d changes at once", changed)
	}
	w.appended(nil, func() {
		refused(w, w.SetLanguage, c, commands.SetLanguage{Language: "de"}, domain.ErrChanges)
		refused(w, w.RequestErasure, c, commands.RequestErasure{}, domain.ErrChanges)
	})
	do(w, w.SetPermission, bob, set)
	w.clock.forward(time.Duration(refusal.Retry) * time.Second)
	do(w, w.SetPermission, c, set)
}

// The sessions of one person are bounded: how many start in a while, and how many are open.
func TestSessionsOfOnePerson(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Limits.Starts = commands.DefaultLimits().Starts
	w.restart()
	w.account(ada)
	_, first := w.session(ada)
	kept, second := w.session(ada)
	started := 2
	for range 100 {
		if _, err := w.SignIn(t.Context(), request(domain.Guest()), signInOf(ada)); err == nil {
			started++
		} else if !errors.Is(err, domain.ErrRate) {
			t.Fatal(err)
		}
	}
	if most := w.deps.Config.Limits.Starts.Burst; started != most {
		t.Errorf("%d sessions at once, %d may start", started, most)
	}
	w.clock.forward(25 * time.Hour) // the second one is seen to be in use
	if _, err := w.Authenticate(t.Context(), second.Token); err != nil {
		t.Fatal(err)
	}
	for ; started <= domain.MaxSessions; started++ {
		w.clock.forward(2 * time.Minute)
		w.session(ada)
	}
	if _, err := w.Authenticate(t.Context(), first.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("the one unused for longest: %v", err)
	}
	if open := len(do(w, w.ListSessions, kept, struct{}{})); open != domain.MaxSessions {
		t.Errorf("%d are open", open)
	}
	if _, err := w.Authenticate(t.Context(), second.Token); err != nil {
		t.Errorf("one in use: %v", err)
	}
	w.unique()
}
