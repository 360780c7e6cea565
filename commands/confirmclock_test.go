package commands_test

import (
	"errors"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

func TestTheClockIsConfirmedWhereItSaysWhatTheOperatorSays(t *testing.T) {
	w := newWorld(t)
	now := w.clock.Now()
	in := commands.ConfirmClock{From: now.Add(-time.Minute), Until: now.Add(time.Minute), Reason: "It was off for a month."}
	w.appended([]string{"clock.confirmed.v1"}, func() { do(w, w.ConfirmClock, domain.Operator(7), in) })
	for rec, err := range w.journal.ReadBack(t.Context(), domain.ClockStream) {
		if err != nil {
			t.Fatal(err)
		}
		e := rec.Event.(domain.ClockConfirmed)
		reason, err := journal.Open(t.Context(), w.journal, rec.Fact, e.Reason)
		if err != nil || reason.Text != in.Reason || e.UID != 7 || e.Time.Before(in.From) || e.Time.After(in.Until) {
			t.Fatalf("recorded was %+v: %v", e, err)
		}
		break
	}
	for code, in := range map[string]commands.ConfirmClock{
		"clock_differs":  {From: now.Add(time.Hour), Until: now.Add(2 * time.Hour)},
		"invalid_reason": {From: in.From, Until: in.Until, Reason: "\x00"},
	} {
		var refused *domain.Error
		w.appended(nil, func() {
			if _, err := w.ConfirmClock(t.Context(), request(domain.Operator(7)), in); !errors.As(err, &refused) || refused.Code != code {
				t.Errorf("wanted %s: %v", code, err)
			}
		})
	}
}

// What the ledger's own process has judged is what is decided by; nobody else chooses the time.
func TestOnlyTheLedgersOwnProcessChoosesTheTime(t *testing.T) {
	w := newWorld(t)
	c := w.person("ada@example.com")
	do(w, w.RequestErasure, c, commands.RequestErasure{})
	later := w.clock.Now().Add(100 * 24 * time.Hour)
	early := w.clock.Now()
	w.clock.forward(100 * 24 * time.Hour)
	r := request(domain.System())
	r.Time = early
	a, err := w.SettleErasure(t.Context(), r, commands.SettleErasure{Account: c.Account})
	if err != nil || a.Value.State != domain.ErasureWaiting {
		t.Fatalf("the clock was looked at again: %+v %v", a.Value, err)
	}
	o := request(domain.Operator(7))
	o.Time = early
	done, err := w.ConfirmClock(t.Context(), o, commands.ConfirmClock{From: later.Add(-time.Minute), Until: later.Add(time.Minute)})
	if err != nil || done.Value.Before(later.Add(-time.Minute)) {
		t.Fatalf("an operator chose the time: %v %v", done.Value, err)
	}
}
