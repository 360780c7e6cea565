package commands_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
)

// last is the latest fact of a type.
func (w *world) last(typ string) domain.Fact {
	w.t.Helper()
	all := w.log()
	for _, f := range slices.Backward(all) {
		if f.Type == typ {
			return f
		}
	}
	w.t.Fatalf("no %s", typ)
	return domain.Fact{}
}

// alerted are the messages about a fact, by addresses.
func (w *world) alerted(f domain.Fact) map[string]commands.MessageToSend {
	w.t.Helper()
	out := map[string]commands.MessageToSend{}
	for _, asked := range do(w, w.Alerts, domain.System(), commands.Alerts{Fact: f}) {
		if m := do(w, w.Message, domain.System(), asked); m.To != "" {
			out[m.To] = m
		}
	}
	return out
}

func notMe(m commands.MessageToSend) commands.NotMe {
	return commands.NotMe{Link: m.Link, Code: m.Code}
}

// Whatever an owner may not have done is told at each of their addresses, once, with a link to say that it was not them.
func TestAlerts(t *testing.T) {
	for name, test := range map[string]struct {
		kind   domain.Message
		typ    string
		does   func(w *world, c domain.Caller)
		but    string // who is not told
		silent bool   // it takes no link
	}{
		"a new client": {kind: domain.MessageNewSignIn, typ: "session.started.v1", does: func(w *world, _ domain.Caller) { w.session(ada) }},
		"another password": {kind: domain.MessagePasswordChanged, typ: "password.changed.v1", does: func(w *world, c domain.Caller) {
			do(w, w.ChangePassword, c, change(newPassword))
		}},
		"a recovery": {kind: domain.MessageRecovered, typ: "password.changed.v1", does: func(w *world, _ domain.Caller) { w.recovered(ada) }},
		"a code of one": {kind: domain.MessageRecoveryProved, typ: "recovery.proved.v1", but: ada, does: func(w *world, _ domain.Caller) {
			w.proved(ada)
		}},
		"another address": {kind: domain.MessageContactAdded, typ: "contact.attached.v1", but: "third@example.com", does: func(w *world, c domain.Caller) {
			w.attached(c, "third@example.com")
		}},
		"an address less": {kind: domain.MessageContactGone, typ: "contact.detached.v1", but: ada2, does: func(w *world, c domain.Caller) {
			do(w, w.RemoveContact, c, w.own(c, ada2))
		}},
		"a device": {kind: domain.MessageDeviceLinked, typ: "device.linked.v1", does: func(w *world, c domain.Caller) {
			do(w, w.LinkDevice, c, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
		}},
		"an erasure": {kind: domain.MessageErasureAsked, typ: "erasure.requested.v1", does: func(w *world, c domain.Caller) {
			do(w, w.RequestErasure, c, commands.RequestErasure{})
		}},
		"an erasure less": {kind: domain.MessageErasureCancelled, typ: "erasure.cancelled.v1", silent: true, does: func(w *world, c domain.Caller) {
			v := do(w, w.RequestErasure, c, commands.RequestErasure{})
			do(w, w.CancelErasure, c, commands.Erasure{ID: v.ID})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.person(ada)
			w.attached(c, ada2)
			test.does(w, c)
			f := w.last(test.typ)
			told := w.alerted(f)
			for _, to := range []string{ada, ada2} {
				m, is := told[to]
				if is != (to != test.but) {
					t.Errorf("%s is told: %v", to, is)
				}
				if is && (m.Kind != test.kind || (m.Link == "") != test.silent || !m.At.Equal(f.At)) {
					t.Errorf("%s is told %s, with the link %q", to, m.Kind, m.Link)
				}
			}
			if len(told) > 2 {
				t.Errorf("others are told: %d", len(told))
			}
			w.appended(nil, func() { w.alerted(f) }) // the places are taken once
			w.clock.forward(domain.AlertLifetime)
			if len(w.alerted(f)) > 0 {
				t.Error("told late")
			}
		})
	}
}

// The first client of an account is no news, and nobody is told of a sign-in that an officer does, or of an account that is erased.
func TestNoAlerts(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	if len(w.alerted(w.last("session.started.v1"))) > 0 {
		t.Error("told of the first sign-in")
	}
	w.officer("otto@example.org", domain.RoleCompliance)
	do(w, w.SignIn, domain.Guest(), commands.SignIn{Email: "otto@example.org", Password: signInOf(ada).Password, Staff: true})
	if _, ok := w.last("session.started.v1").Alert(); ok {
		t.Error("told of an officer's sign-in")
	}
	w.session(ada)
	f := w.last("session.started.v1")
	do(w, w.RequestErasure, c, commands.RequestErasure{})
	w.clock.forward(domain.DefaultGrace - time.Hour)
	if len(w.alerted(w.last("erasure.requested.v1"))) > 0 {
		t.Error("told two weeks late")
	}
	w.clock.forward(time.Hour)
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account})
	if len(w.alerted(f)) > 0 {
		t.Error("told after the erasure")
	}
}

// Many messages of one kind leave room for all others.
func TestBudgetOfAlerts(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	sent := 0
	for range 40 {
		w.session(ada)
		sent += len(w.alerted(w.last("session.started.v1")))
	}
	do(w, w.ChangePassword, c, change(newPassword))
	if told := w.alerted(w.last("password.changed.v1")); sent != domain.ClassAlert.Budgets().All.PerDay || len(told) != 1 {
		t.Errorf("%d sign-ins were told of, and %d changes of the password", sent, len(told))
	}
}

// Who reads the message says that it was not them: everybody is out, the account is guarded, and the password lets nobody in before a recovery.
func TestNotMe(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	_, thief := w.session(ada)
	v := do(w, w.RequestErasure, c, commands.RequestErasure{})
	m := w.alerted(w.last("session.started.v1"))[ada]
	elsewhere := *w
	elsewhere.restart()
	refused(w, w.NotMe, domain.Guest(), commands.NotMe{Link: m.Link, Code: "000000"}, domain.ErrCode)
	w.authenticated(thief.Token)
	w.appended([]string{"link.used.v1", "alert.disowned.v1", "account.signed_out_everywhere.v1", "account.guarded.v1", "erasure.cancelled.v1"}, func() {
		do(&elsewhere, elsewhere.NotMe, domain.Guest(), notMe(m))
	})
	if _, err := w.Authenticate(t.Context(), thief.Token); !errors.Is(err, domain.ErrSession) {
		t.Errorf("the thief is in: %v", err)
	}
	if got := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: v.ID}); got.State != domain.ErasureWithdrawn {
		t.Errorf("the erasure is %s", got.State)
	}
	refused(w, w.SignIn, domain.Guest(), signInOf(ada), domain.ErrDisowned)
	refused(w, w.SignIn, domain.Guest(), with(signInOf(ada), newPassword), domain.ErrCredentials)
	refused(w, w.NotMe, domain.Guest(), notMe(m), domain.ErrLinkEnded)
	if told := w.alerted(w.last("alert.disowned.v1")); told[ada].Kind != domain.MessageDisowned || told[ada].Link != "" {
		t.Errorf("told %v", told)
	}
	w.recovered(ada)
	do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
	w.unique()
}

// A link ends with its time, with five wrong codes, and with the account.
func TestNotMeEnds(t *testing.T) {
	for name, end := range map[string]func(*world, domain.Caller, commands.MessageToSend){
		"by its time": func(w *world, _ domain.Caller, _ commands.MessageToSend) { w.clock.forward(domain.AlertLifetime) },
		"by guesses": func(w *world, _ domain.Caller, m commands.MessageToSend) {
			for i := range domain.MaxLinkTries {
				_, _ = w.NotMe(w.t.Context(), request(domain.Guest()), commands.NotMe{Link: m.Link, Code: strings.Repeat(string(rune('0'+i)), 6)})
			}
		},
		"by an erasure": func(w *world, c domain.Caller, _ commands.MessageToSend) {
			w.deps.Config.Grace = 0
			w.restart()
			do(w, w.RequestErasure, c, commands.RequestErasure{})
			do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c := w.person(ada)
			w.session(ada)
			m := w.alerted(w.last("session.started.v1"))[ada]
			end(w, c, m)
			w.appended(nil, func() { refused(w, w.NotMe, domain.Guest(), notMe(m), domain.ErrLinkEnded) })
		})
	}
}

// Whoever got into an account and added an address of their own does not get back in by it: it recovers nothing in its first week, and its
// owner, who is told, recovers the account and removes it, although the account is guarded, for good.
func TestAThiefsAddress(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, "eve@example.com")
	added := w.last("contact.attached.v1")
	eves := w.recover("eve@example.com")
	if m := w.recoveryMessage(eves, 1); m.Kind != domain.MessageTooNew || m.Code != "" || !m.Until.Equal(added.At.Add(domain.Probation)) {
		t.Errorf("%s until %s", m.Kind, m.Until)
	}
	do(w, w.NotMe, domain.Guest(), notMe(w.alerted(added)[ada]))
	w.recovered(ada)
	w.clock.forward(domain.Probation) // and longer, since it was disowned
	if m := w.recoveryMessage(w.recover("eve@example.com"), 1); m.Kind != domain.MessageTooNew || m.Code != "" {
		t.Errorf("after a week: %s", m.Kind)
	}
	w.recovered(ada) // guards it again
	owner := w.authenticated(do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed)).Token)
	gone := do(w, w.RemoveContact, owner, w.own(owner, "eve@example.com"))
	if gone.UndoUntil.After(w.clock.Now()) {
		t.Errorf("the thief can undo it until %s", gone.UndoUntil)
	}
	do(w, w.SettleRemoval, domain.System(), commands.SettleRemoval{Claim: added.Event.(domain.ContactAttached).Claim})
	w.account("eve@example.com") // free
	refused(w, w.RemoveContact, owner, w.own(owner, ada), domain.ErrPrimary)
}

// Whoever says of any message that it was not them need not find the one that told of the thief's address.
func TestNotMeDoubtsWhatWasAddedLately(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.session(ada)
	started := w.last("session.started.v1")
	w.attached(c, "eve@example.com")
	do(w, w.NotMe, domain.Guest(), notMe(w.alerted(started)[ada]))
	w.recovered(ada)
	w.clock.forward(domain.Probation)
	if m := w.recoveryMessage(w.recover("eve@example.com"), 1); m.Kind != domain.MessageTooNew || m.Code != "" {
		t.Errorf("after a week: %s", m.Kind)
	}
	owner := w.authenticated(do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed)).Token)
	if gone := do(w, w.RemoveContact, owner, w.own(owner, "eve@example.com")); gone.UndoUntil.After(w.clock.Now()) {
		t.Errorf("the thief can undo it until %s", gone.UndoUntil)
	}
}

// A suspended password is not set again: somebody else may know it. Any other is.
func TestASuspendedPasswordIsNotSetAgain(t *testing.T) {
	w := newWorld(t)
	w.person(ada)
	w.session(ada)
	do(w, w.NotMe, domain.Guest(), notMe(w.alerted(w.last("session.started.v1"))[ada]))
	r := w.proved(ada)
	w.appended(nil, func() { refused(w, w.CompleteRecovery, domain.Guest(), setting(r, password), domain.ErrSamePassword) })
	do(w, w.CompleteRecovery, domain.Guest(), setting(r, renewed))
	do(w, w.SignIn, domain.Guest(), withPassword(ada, renewed))
}

// After its first week an address recovers the account, and the one it was opened with always does.
func TestProbation(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	w.attached(c, ada2)
	if m := w.recoveryMessage(w.recover(ada), 1); m.Kind != domain.MessageRecoveryCode {
		t.Errorf("the first: %s", m.Kind)
	}
	w.clock.forward(domain.Probation)
	if m := w.recoveryMessage(w.recover(ada2), 1); m.Kind != domain.MessageRecoveryCode {
		t.Errorf("after a week: %s", m.Kind)
	}
	w.recovered(ada2)
}

// A person is told of the erasure of their account when they ask for it, a day before, and just before, which delays it by nothing.
func TestAnErasureIsAnnounced(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	asked := do(w, w.RequestErasure, c, commands.RequestErasure{})
	settle := func() { do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: c.Account}) }
	w.appended(nil, settle)
	w.clock.forward(domain.DefaultGrace - 24*time.Hour)
	w.appended([]string{"erasure.reminded.v1"}, settle)
	w.appended(nil, settle)
	tomorrow := w.last("erasure.reminded.v1")
	if m := w.alerted(tomorrow)[ada]; m.Kind != domain.MessageErasureTomorrow || !m.Erased.Equal(asked.Due) {
		t.Errorf("a day before: %s, %s", m.Kind, m.Erased)
	}
	w.clock.forward(24*time.Hour - 10*time.Minute)
	w.appended([]string{"erasure.reminded.v1"}, settle)
	if m := w.alerted(w.last("erasure.reminded.v1"))[ada]; m.Kind != domain.MessageErasureNow {
		t.Errorf("just before: %s", m.Kind)
	}
	w.clock.forward(10 * time.Minute)
	settle()
	if v := do(w, w.SeeErasure, domain.Guest(), commands.Erasure{ID: asked.ID}); v.State != domain.ErasureDone {
		t.Errorf("it is %s", v.State)
	}
}
