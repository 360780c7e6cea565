package domain_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

var address = domain.Contact{Kind: domain.IdentifierEmail, Typed: "ada@example.com", Normalised: "ada@example.com"}

// moved is an account whose first contact was removed at a level, after another one was made primary, with the removal and the first contact.
func moved(t *testing.T, level domain.Level) (*domain.Account, domain.DetachedContact) {
	t.Helper()
	a := opened(t, domain.CapacitySelf)
	apply(t, a, noon.Add(-domain.FactorProbation), domain.FactorEnrolled{Factor: domain.FactorID{UUID: uuid.New()}, Kind: domain.FactorTOTP})
	first, second := a.Contacts[0].Claim, domain.ClaimID{UUID: uuid.New()}
	attach, err := a.Attach(domain.ContactAttached{Claim: second, Kind: domain.IdentifierEmail}, noon, noon)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, attach...)
	primary, err := a.MakePrimary(second, address, domain.DeliveryID{}, noon)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, primary...)
	detach, err := a.Detach(first, level, domain.DeliveryID{UUID: uuid.New()}, noon)
	if err != nil {
		t.Fatal(err)
	}
	apply(t, a, noon, detach...)
	return a, a.Detached[0]
}

func TestUndoNeedsTheLevel(t *testing.T) {
	for level, want := range map[domain.Level]error{domain.LevelOne: nil, domain.LevelOne + 1: domain.ErrUndoLevel} {
		a, d := moved(t, level)
		if _, err := a.Undo(d.Removed.ID, domain.LevelOne, address, domain.DeliveryID{}, noon); !errors.Is(err, want) {
			t.Errorf("removed at level %d: %v", level, err)
		}
		if _, err := a.Undo(d.Removed.ID, level, address, domain.DeliveryID{}, noon); err != nil {
			t.Errorf("undone at the same level: %v", err)
		}
	}
}

// An undo is in time until it is over, and letting go begins then: there is no moment for both or for neither.
func TestUndoOrRelease(t *testing.T) {
	for after, undone := range map[time.Duration]bool{0: true, domain.UndoLifetime - time.Nanosecond: true, domain.UndoLifetime: false,
		domain.UndoLifetime + time.Hour: false} {
		a, d := moved(t, domain.LevelOne)
		now := d.Removed.At.Add(after)
		_, err := a.Undo(d.Removed.ID, domain.LevelOne, address, domain.DeliveryID{}, now)
		if (err == nil) != undone {
			t.Errorf("after %s: %v", after, err)
		}
		if released := len(a.Release(d.Claim, now)) > 0; released == undone {
			t.Errorf("after %s it is let go: %v", after, released)
		}
	}
	// Once it is let go, a clock that was set back brings nothing back.
	a, d := moved(t, domain.LevelOne)
	now := d.Removed.At.Add(domain.UndoLifetime)
	apply(t, a, now, a.Release(d.Claim, now)...)
	if _, err := a.Undo(d.Removed.ID, domain.LevelOne, address, domain.DeliveryID{}, noon); !errors.Is(err, domain.ErrLinkEnded) {
		t.Error(err)
	}
}

// A contact is primary again if it was in the week before its removal.
func TestWasPrimary(t *testing.T) {
	for before, want := range map[time.Duration]bool{time.Minute: true, domain.UndoLifetime: true, domain.UndoLifetime + time.Minute: false} {
		a := opened(t, domain.CapacitySelf)
		first, second := a.Contacts[0].Claim, domain.ClaimID{UUID: uuid.New()}
		apply(t, a, noon, domain.ContactAttached{Claim: second}, domain.ContactMadePrimary{Claim: second, Replaces: first})
		apply(t, a, noon.Add(time.Minute+before), domain.ContactDetached{Claim: first, UndoUntil: noon.Add(before + domain.UndoLifetime)})
		if d := a.Detached[0]; d.WasPrimary() != want {
			t.Errorf("%s before", before)
		}
		if a.Primary().Claim != second || !a.Holds(first) {
			t.Error("it is not held")
		}
	}
}

// An erasure does not begin before the removal of a contact cannot be undone any more, and the account holds the removed contact.
func TestErasureAndRemovedContacts(t *testing.T) {
	a, d := moved(t, domain.LevelOne)
	for grace, want := range map[time.Duration]time.Time{0: d.Removal.UndoUntil, domain.DefaultGrace: noon.Add(domain.DefaultGrace)} {
		events, err := a.RequestErasure(grace, noon)
		if err != nil || !events[0].(domain.ErasureRequested).Due.Equal(want) {
			t.Errorf("after a grace of %s: %+v, %v", grace, events, err)
		}
	}
	guarded := a.Fork()
	apply(t, guarded, noon, a.Guard(domain.GuardRestored, noon))
	if events, err := guarded.RequestErasure(0, noon); err != nil || events[0].(domain.ErasureRequested).Due.Before(noon.Add(domain.DefaultGrace)) {
		t.Errorf("while it is guarded: %+v, %v", events, err)
	}
	if h := a.Holdings(); len(h.Claims) != 2 {
		t.Errorf("it holds %v", h.Claims)
	}
	now := d.Removed.At.Add(domain.UndoLifetime)
	apply(t, a, now, a.Release(d.Claim, now)...)
	if h := a.Holdings(); len(h.Claims) != 2 || a.Holds(d.Claim) {
		t.Errorf("released, it holds %v", h.Claims)
	}
}
