package commands_test

import (
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// A command under an Idempotency-Key that had nothing to change appends nothing, so its repeat is decided again, by the state as it
// is then. Clients must not repeat it once they have asked for something else.
func TestRepeatOfWhatChangedNothing(t *testing.T) {
	w := newWorld(t)
	person := w.person(ada)
	erasure := commands.Erasure{ID: do(w, w.RequestErasure, person, commands.RequestErasure{}).ID}
	closing := person
	closing.Closing = true
	do(w, w.CancelErasure, closing, erasure)

	cancel := keyed(closing, "cancel")
	again := func(want domain.ErasureState) {
		t.Helper()
		a, err := w.CancelErasure(t.Context(), cancel, erasure)
		if err != nil || a.Value.State != want {
			t.Errorf("%v, %v", a.Value.State, err)
		}
	}
	w.appended(nil, func() { again(domain.ErasureWithdrawn) })
	w.appended(nil, func() { again(domain.ErasureWithdrawn) })
	do(w, w.RequestErasure, person, commands.RequestErasure{})
	w.appended([]string{"erasure.cancelled.v1"}, func() { again(domain.ErasureWithdrawn) })

	do(w, w.RequestErasure, person, commands.RequestErasure{}) // from now on the key has a trace, and the repeat does nothing
	w.appended(nil, func() { again(domain.ErasureWaiting) })
}

// Elsewhere a decision without events is a fault, not an answer that a repeat cannot find.
func TestDecisionsHaveEvents(t *testing.T) {
	w := newWorld(t)
	_, watch, err := commands.NewWatched(t.Context(), w.deps)
	if err != nil {
		t.Fatal(err)
	}
	if watch.DecideNothing(w.account(ada), false) == nil {
		t.Error("accepted")
	}
	if err := watch.DecideNothing(w.account("eve@example.com"), true); err != nil {
		t.Error(err)
	}
}
