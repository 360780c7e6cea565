package commands_test

import (
	"slices"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// signIns are somebody's, the newest first.
func (w *world) signIns(c domain.Caller) []commands.PastSignIn {
	w.t.Helper()
	return do(w, w.ListSignIns, c, commands.ListSignIns{Most: 1000}).SignIns
}

// TestHowSessionsEnded: each ending, as the owner is told.
func TestHowSessionsEnded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account(ada)
	endings := func(c domain.Caller) (out []domain.SessionEnding) {
		for _, s := range slices.Backward(w.signIns(c)) {
			out = append(out, s.Ended)
		}
		return out
	}
	want := func(c domain.Caller, all ...domain.SessionEnding) {
		t.Helper()
		if got := endings(c); !slices.Equal(got, all) {
			t.Errorf("%v, want %v", got, all)
		}
	}
	first, _ := w.session(ada)
	do(w, w.EndSession, first, commands.EndSession{ID: first.Session})
	second, _ := w.session(ada)
	want(second, "signed_out", "")
	do(w, w.SignOutEverywhere, second, struct{}{})
	third, _ := w.session(ada)
	want(third, "signed_out", "signed_out_everywhere", "")
	w.clock.forward(domain.SessionIdle + domain.SeenEvery)
	fourth, in := w.session(ada)
	want(fourth, "signed_out", "signed_out_everywhere", "unused", "")
	for range 100 { // used each day
		w.clock.forward(24 * time.Hour)
		if _, err := w.Authenticate(t.Context(), in.Token); err != nil {
			break
		}
	}
	fifth, _ := w.session(ada)
	want(fifth, "signed_out", "signed_out_everywhere", "unused", "expired", "")
	w.restore()
	w.restart()
	sixth, _ := w.session(ada)
	want(sixth, "signed_out", "signed_out_everywhere", "unused", "expired", "restored", "")
	for _, s := range w.signIns(sixth) {
		if s.Ended == "signed_out" && (s.EndedAt.IsZero() || s.EndedAt.Before(s.At)) || s.Ended == "" && !s.EndedAt.IsZero() ||
			s.Current != (s.Session == sixth.Session) {
			t.Errorf("%+v", s.Ended)
		}
	}
}

// TestWhatASignInShows: how it was made is not changed by a later proof, and the client is shown as long as its month's key lives.
func TestWhatASignInShows(t *testing.T) {
	t.Parallel()
	w, _ := askingWorld(t)
	p := w.begin()
	in := do(w, w.ContinueSignIn, domain.Guest(), withCode(p, w.codeOf(p)))
	c := w.authenticated(in.Token)
	w.clock.forward(time.Hour)
	raised := do(w, w.Raise, c, raiseBy(password))
	one := w.signIns(w.authenticated(raised.Token))[0]
	if !slices.Equal(one.Methods, []domain.AuthMethod{domain.MethodPassword, domain.MethodCode}) || one.Level != domain.LevelOne || !one.NewClient ||
		!slices.Equal(one.Unusual, []domain.Unusual{domain.UnusualClient}) || one.RaisedAt.Sub(one.At) < time.Hour || !one.Current ||
		one.Client.Address != "192.0.2.7" || one.Client.UserAgent != "test/1" {
		t.Errorf("raised at %s: %v %v %v", one.RaisedAt, one.Methods, one.Unusual, one.Ended)
	}
	w.clock.forward(340 * 24 * time.Hour)
	w.system(w.Retain)
	later := do(w, w.ContinueSignIn, domain.Guest(), func() commands.ContinueSignIn { p := w.begin(); return withCode(p, w.codeOf(p)) }())
	all := w.signIns(w.authenticated(later.Token))
	if len(all) != 3 || all[1].Client.Address == "" {
		t.Fatalf("%d sign-ins within a year", len(all))
	}
	w.clock.forward(60 * 24 * time.Hour)
	w.system(w.Retain)
	last := do(w, w.ContinueSignIn, domain.Guest(), func() commands.ContinueSignIn { p := w.begin(); return withCode(p, w.codeOf(p)) }())
	all = w.signIns(w.authenticated(last.Token))
	if len(all) != 2 {
		t.Errorf("%d sign-ins after a year", len(all))
	}
}

// TestPagesOfSignIns: over months, without gaps or repeats while more are added; and during the grace of an erasure.
func TestPagesOfSignIns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.account(ada)
	for range 7 {
		for range 3 {
			w.session(ada)
		}
		w.clock.forward(25 * 24 * time.Hour)
	}
	c, _ := w.session(ada)
	do(w, w.RequestErasure, c, commands.RequestErasure{})
	all := func(added int) (out []domain.SessionID) {
		list := w.signIns(c)
		if len(list) != 22+added || !slices.IsSortedFunc(list, func(a, b commands.PastSignIn) int { return b.At.Compare(a.At) }) {
			t.Fatalf("%d sign-ins", len(list))
		}
		for _, s := range list {
			out = append(out, s.Session)
		}
		return out
	}
	want, added := all(0), 0
	for _, most := range []int{1, 4, 21, 22, 23} {
		var got []domain.SessionID
		ask := commands.ListSignIns{Most: most}
		for page := 0; ; page++ {
			out := do(w, w.ListSignIns, c, ask)
			for _, s := range out.SignIns {
				got = append(got, s.Session)
			}
			if out.Next == nil {
				break
			}
			ask.After = *out.Next
			if page == 0 {
				w.session(ada)
				added++
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("by %d: %d, wanted %d", most, len(got), len(want))
		}
		want = all(added)
	}
}
