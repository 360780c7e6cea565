package commands_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// An officer is shown an account as it was at any moment, and the look is recorded before.
func TestShowAccount(t *testing.T) {
	w := newWorld(t)
	w.deps.Config.Grace = 0
	w.restart()
	before := w.clock.Now()
	person, officer := w.person(ada), w.officer("grace@example.com", domain.RoleCompliance)
	watch := do(w, w.LinkDevice, person, domain.LinkDevice{Kind: "watch", Model: "Model 3", Name: "Ada's watch"})
	do(w, w.SetPermission, person, w.grant())
	then := w.clock.Now()
	w.clock.forward(25 * 24 * time.Hour) // the first session is not idle for too long
	do(w, w.RenameDevice, person, commands.RenameDevice{ID: watch.ID, Name: "another name"})
	do(w, w.SetPermission, person, withdrawal())
	again, _ := w.session(ada)

	show := commands.ShowAccount{Why: commands.Why{Purpose: domain.LookSubjectRequest, Case: "DSR-1"}, Account: person.Account}
	var now, was commands.AccountShown
	w.appended([]string{"access.revealed.v1"}, func() { now = do(w, w.ShowAccount, officer, show) })
	f := w.lastAccess()
	if e := f.Event.(domain.AccessRevealed); f.ID != now.Record || !e.Found || len(e.Parts) != 5 || f.Subject != person.Account ||
		f.Actor.ID.UUID != officer.Staff.UUID || f.Case != "DSR-1" || f.Region != "DE" {
		t.Errorf("recorded %+v", f)
	}
	state := func(s commands.AccountShown) domain.State { return s.Account.Permissions[weather].State }
	if fmt.Sprint(now.Emails) != "["+ada+"]" || now.BirthMonth != "1990-05" || now.Devices[0].Name != "another name" ||
		state(now) != domain.StateWithdrawn || len(now.Sessions) != 2 ||
		now.Sessions[0].ID != again.Session {
		t.Error("not as it is now")
	}
	show.At = then
	was = do(w, w.ShowAccount, officer, show)
	if fmt.Sprint(was.Emails) != "["+ada+"]" || was.Devices[0].Name != "Ada's watch" || was.Devices[0].Model != "Model 3" ||
		state(was) != domain.StateGranted ||
		len(was.Sessions) != 1 ||
		was.Sessions[0].Client.Address != "192.0.2.7" || !was.At.Equal(then) {
		t.Error("not as it was then")
	}
	want := []string{"sign_up.requested.v1", "verification.passed.v1", "account.opened.v1", "sign_up.completed.v1", "session.started.v1", "device.linked.v1",
		"permission.granted.v1"}
	var types []string
	for _, e := range was.Events {
		types = append(types, e.Type)
		if strings.Contains(string(e.Details), "hash") && e.Type != "permission.granted.v1" {
			t.Errorf("%s shows a secret's hash", e.Type)
		}
	}
	slices.Sort(types)
	slices.Sort(want)
	if !slices.Equal(types, want) || !slices.IsSortedFunc(was.Events, func(a, b commands.ShownEvent) int { return a.At.Compare(b.At) }) {
		t.Errorf("events then: %v", types)
	}
	if len(now.Events) != len(want)+3 {
		t.Errorf("%d events now", len(now.Events))
	}

	// What was not there is not found, and that is recorded as well.
	for _, none := range []commands.ShowAccount{{Why: show.Why, Account: domain.AccountID{UUID: uuid.New()}},
		{Why: show.Why, Account: person.Account, At: before}} {
		w.appended([]string{"access.revealed.v1"}, func() { refused(w, w.ShowAccount, officer, none, domain.ErrNotFound) })
		if f := w.lastAccess(); f.Event.(domain.AccessRevealed).Found || f.Subject != none.Account {
			t.Errorf("recorded %+v", f)
		}
	}
	w.appended(nil, func() {
		refused(w, w.ShowAccount, officer, commands.ShowAccount{Why: commands.Why{Purpose: domain.LookAudit}, Account: person.Account}, domain.ErrCase)
		refused(w, w.ShowAccount, officer, commands.ShowAccount{Why: commands.Why{Case: "DSR-1"}, Account: person.Account}, domain.ErrLookPurpose)
	})

	// Of an erased account the history is left, and nothing personal, at any moment.
	do(w, w.RequestErasure, again, commands.RequestErasure{})
	do(w, w.SettleErasure, domain.System(), commands.SettleErasure{Account: person.Account})
	for _, at := range []time.Time{{}, then} {
		show.At = at
		gone := do(w, w.ShowAccount, officer, show)
		for _, e := range gone.Events {
			for _, said := range []string{ada, "1990-05", "watch\"", "another name", "Model 3", "192.0.2.7"} {
				if strings.Contains(string(e.Details), said) && !strings.Contains(string(e.Details), `"kind":"watch"`) {
					t.Errorf("%s still says %s", e.Type, said)
				}
			}
		}
		if len(gone.Emails) > 0 || gone.BirthMonth != "" || gone.Account.Erasure.Done() != at.IsZero() || !at.IsZero() && gone.Devices[0].Name != "" {
			t.Error("not what is left of an erased account")
		}
	}
}

// A skip is recorded with its reason sealed.
func TestSkipEvent(t *testing.T) {
	w := newWorld(t)
	in := commands.SkipEvent{View: "accounts", Event: domain.EventID{UUID: uuid.New()}, Reason: "  The program stumbles over it.  "}
	w.appended([]string{"view.event_skipped.v1"}, func() { do(w, w.SkipEvent, domain.Operator(7), in) })
	log := w.log()
	f := log[len(log)-1]
	e := f.Event.(domain.EventSkipped)
	reason, err := journal.Open(t.Context(), w.journal, f, e.Reason)
	if err != nil || reason.Text != "The program stumbles over it." || e.View != in.View || e.Event != in.Event || e.UID != 7 ||
		f.Stream != domain.OperationsStream {
		t.Errorf("%+v %v", e, err)
	}
	w.appended(nil, func() {
		for _, bad := range []string{"", "   ", "a\nb", strings.Repeat("x", 501), "\xff"} {
			in.Reason = bad
			refused(w, w.SkipEvent, domain.Operator(7), in, domain.ErrReason)
		}
	})
}
