package commands_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

func TestErasure(t *testing.T) {
	w := newWorld(t)
	ill := ""
	w.deps.Forget = func(id domain.AccountID) error { ill += id.String(); return nil }
	w.restart()
	c := w.person(ada)
	_, second := w.session(ada)
	device := do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	do(w, w.SetPermission, c, w.grant())
	asked := do(w, w.RequestErasure, c, commands.RequestErasure{})
	if asked.State != domain.ErasureWaiting || asked.Due.Sub(asked.Requested) != domain.DefaultGrace {
		t.Errorf("%+v", asked)
	}
	settle := commands.SettleErasure{Account: c.Account}
	w.appended(nil, func() {
		if v := do(w, w.SettleErasure, domain.System(), settle); v.State != domain.ErasureWaiting {
			t.Errorf("before it is due: %s", v.State)
		}
	})

	// What is left to a closing account: to see it, to keep it, to sign in and out.
	closing, err := w.Authenticate(t.Context(), second.Token)
	if err != nil || !closing.Closing {
		t.Fatalf("closing is %v: %v", closing.Closing, err)
	}
	if me := do(w, w.Me, closing, struct{}{}); me.Erasure == nil || me.Erasure.ID != asked.ID {
		t.Error("the erasure is not shown")
	}
	refused(w, w.SetPermission, closing, w.grant(), domain.ErrClosing)
	refused(w, w.LinkDevice, closing, domain.LinkDevice{Kind: "watch", Model: "x", Name: "x"}, domain.ErrClosing)
	refused(w, w.SetPermission, c, w.grant(), domain.ErrClosing) // a caller from before
	refused(w, w.RequestErasure, closing, commands.RequestErasure{}, domain.ErrErasureOpen)
	if _, in := w.session(ada); !in.Closing {
		t.Error("signing in does not say so")
	}
	other := w.person("eve@example.com")
	refused(w, w.CancelErasure, other, commands.Erasure{ID: asked.ID}, domain.ErrNotFound)
	for _, id := range []string{"", "x", c.Account.String(), c.Account.String() + ".", asked.ID + "0", strings.ToUpper(asked.ID),
		other.Account.String() + asked.ID[36:]} {
		refused(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: id}, domain.ErrNotFound)
		refused(w, w.CancelErasure, c, commands.Erasure{ID: id}, domain.ErrNotFound)
	}

	if v := do(w, w.CancelErasure, closing, commands.Erasure{ID: asked.ID}); v.State != domain.ErasureWithdrawn {
		t.Errorf("cancelled to %s", v.State)
	}
	w.appended(nil, func() {
		if v := do(w, w.CancelErasure, c, commands.Erasure{ID: asked.ID}); v.State != domain.ErasureWithdrawn {
			t.Errorf("cancelled twice to %s", v.State)
		}
	})
	w.clock.forward(domain.DefaultGrace)
	w.appended(nil, func() { do(w, w.SettleErasure, domain.System(), settle) })
	do(w, w.SetPermission, c, withdrawal())

	again := do(w, w.RequestErasure, c, commands.RequestErasure{})
	w.clock.forward(domain.DefaultGrace)
	w.appended([]string{"erasure.started.v1", "identifier.retired.v1", "device.unlinked.v1", "erasure.completed.v1"}, func() {
		if v := do(w, w.SettleErasure, domain.System(), settle); v.State != domain.ErasureDone {
			t.Errorf("settled to %s", v.State)
		}
	})
	if ill != c.Account.String() {
		t.Errorf("forgotten elsewhere: %q", ill)
	}
	if _, err := w.Authenticate(t.Context(), second.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("a session of an erased account: %v", err)
	}
	refused(w, w.CancelErasure, c, commands.Erasure{ID: again.ID}, domain.ErrErasureDone)

	// The address is free: another account, under another claim.
	next := w.account(ada)
	if next == c.Account {
		t.Error("the same account again")
	}
	claims := map[string]bool{}
	for _, f := range w.log() {
		if e, ok := f.Event.(domain.AccountOpened); ok {
			claims[e.Claim.String()] = true
			if _, err := journal.Open(t.Context(), w.journal, f, e.Contact); (f.Subject == c.Account) != errors.Is(err, journal.ErrUnreadable) {
				t.Errorf("the address of %s: %v", f.Subject, err)
			}
		}
	}
	if len(claims) != 3 {
		t.Errorf("%d claims for three accounts", len(claims))
	}
	_ = device
	w.unique()
}

// A sign-up by the same address that was asked for before the erasure can still be proven after it.
func TestASignUpOverAnErasure(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace = 0
	w.restart()
	c := w.person(ada)
	w.clock.forward(time.Hour)
	s := w.signUp(ada)
	if m := w.message(s, 1); m.Kind != domain.MessageExists {
		t.Errorf("%s", m.Kind)
	}
	do(w, w.RequestErasure, c, commands.RequestErasure{})
	if m := w.message(s, 1); m.Kind != domain.MessageErasing || m.To != ada || m.Code != "" || m.Erased.IsZero() {
		t.Error("who is leaving is not told that they are")
	}
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account})
	m := w.message(s, 1)
	if m.Kind != domain.MessageCode {
		t.Fatalf("after the erasure: %q", m.Kind)
	}
	if checked, err := w.check(s, m.Code); err != nil || checked.Account == c.Account {
		t.Errorf("%v", err)
	}
}

// However many settle it at once, it is completed once.
func TestManySettleOneErasure(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace = 0
	w.restart()
	c := w.person(ada)
	do(w, w.RequestErasure, c, commands.RequestErasure{})
	w.appended([]string{"erasure.started.v1", "identifier.retired.v1", "erasure.completed.v1"}, func() {
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				a, err := w.SettleErasure(t.Context(), request(domain.System()), commands.SettleErasure{Account: c.Account})
				if err != nil || a.Value.State != domain.ErasureDone {
					t.Errorf("%s, %v", a.Value.State, err)
				}
			})
		}
		all.Wait()
	})
}

func TestErasuresThatAreNot(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.appended(nil, func() {
		for _, id := range []domain.AccountID{{}, c.Account} {
			if _, err := w.SettleErasure(t.Context(), request(domain.System()), commands.SettleErasure{Account: id}); err != nil {
				t.Error(err)
			}
		}
	})
}
