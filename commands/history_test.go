package commands_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// pages reads a history page by page, with something happening in between.
func (w *world) pages(c domain.Caller, most func() int, between func()) (out []domain.EventID) {
	w.t.Helper()
	in := commands.ListHistory{}
	for range 10_000 {
		in.Most = most()
		page := do(w, w.History, c, in)
		if len(page.Entries) > in.Most || page.Next != nil && len(page.Entries) < in.Most {
			w.t.Fatalf("%d entries of %d", len(page.Entries), in.Most)
		}
		for _, e := range page.Entries {
			out = append(out, e.ID)
		}
		if page.Next == nil {
			return out
		}
		in.After = *page.Next
		between()
	}
	w.t.Fatal("it does not end")
	return nil
}

// lives is somebody with a long life: sign-ins of two years, addresses, another password, devices, a recovery, and many decisions.
func (w *world) lives() (domain.Caller, []domain.EventID) {
	w.t.Helper()
	c := w.person(ada)
	w.attached(c, ada2)
	for month := range 24 {
		w.clock.forward(30 * 24 * time.Hour)
		c, _ = w.session(ada)
		if month%5 == 0 {
			do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "a watch"})
		}
	}
	w.recovered(ada)
	c = w.authenticated(do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed)).Token)
	for i := range 100 {
		p := w.grant()
		p.Grant = i%2 == 0
		do(w, w.SetPermission, c, p)
	}
	var own []domain.EventID
	streams := []string{domain.AccountStream(c.Account)}
	for _, f := range w.log() {
		switch e := f.Event.(type) {
		case domain.ContactAttached:
			streams = append(streams, domain.VerificationStream(e.Verification))
		case domain.AccountOpened:
			streams = append(streams, domain.SignUpStream(e.SignUp), domain.VerificationStream(domain.VerificationID(e.SignUp)))
		case domain.PasswordChanged:
			streams = append(streams, domain.RecoveryStream(e.Recovery), domain.VerificationStream(domain.VerificationID(e.Recovery)))
		}
	}
	sessions := "sessions-" + c.Account.String()
	for _, f := range w.log() {
		if slices.Contains(streams, f.Stream) || len(f.Stream) > len(sessions) && f.Stream[:len(sessions)] == sessions {
			own = append(own, f.ID)
		}
	}
	return c, own
}

// Whatever the size of the pages, and whatever happens between two of them, also in another process, a history has every entry once, back to
// the first (P2).
func TestHistoryToTheFirstEvent(t *testing.T) {
	w := newWorld(t)
	c, own := w.lives()
	random := rand.New(rand.NewPCG(1, 2))
	for name, most := range map[string]func() int{"one by one": func() int { return 1 }, "by seven": func() int { return 7 },
		"at random": func() int { return 1 + random.IntN(60) }, "at once": func() int { return 1000 }} {
		got := w.pages(c, most, func() {})
		if !sameIDs(got, own) {
			t.Errorf("%s: %d entries, and there are %d", name, len(got), len(own))
		}
	}
	elsewhere := *w
	elsewhere.restart()
	turn := 0
	got := w.pages(c, func() int { return 13 }, func() {
		p := w.grant()
		p.Grant = turn%2 == 0
		if turn++; turn < 5 {
			do(&elsewhere, elsewhere.SetPermission, c, p)
		}
	})
	if !sameIDs(got, own) {
		t.Errorf("while others are added: %d entries, and there were %d", len(got), len(own))
	}
}

func sameIDs(a, b []domain.EventID) bool {
	order := func(all []domain.EventID) []string {
		out := make([]string, len(all))
		for i, id := range all {
			out[i] = fmt.Sprint(id)
		}
		slices.Sort(out)
		return out
	}
	return slices.Equal(order(a), order(b))
}
