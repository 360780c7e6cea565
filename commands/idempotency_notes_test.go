package commands_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
)

// What operators do is recorded once for one key, however many processes are asked at once, and again without a key.
func TestOperatorsUnderOneKey(t *testing.T) {
	w := newWorld(t)
	other := &world{t: t, clock: w.clock, store: w.store, vault: w.vault, deps: w.deps}
	other.restart()
	operator := domain.Operator(7)

	performed := []string{"operation.performed.v1"}
	operate := keyed(operator, "operate")
	w.appended(performed, func() {
		one(t, "operation", many(w, inTurn(w.Operate, other.Operate), operate, commands.Operate{Operation: domain.OpBackup}))
	})
	w.appended(performed, func() { do(w, w.Operate, operator, commands.Operate{Operation: domain.OpBackup}) })
	w.appended(nil, func() { // still found behind what came after it, by a process that knows nothing of it
		w.restart()
		if _, err := w.Operate(t.Context(), operate, commands.Operate{Operation: domain.OpBackup}); err != nil {
			t.Error(err)
		}
		if _, err := w.Operate(t.Context(), operate, commands.Operate{Operation: domain.OpBackupDone}); !errors.Is(err, domain.ErrRepeated) {
			t.Errorf("another operation under the key: %v", err)
		}
	})

	w.appended([]string{"view.event_skipped.v1"}, func() {
		skip := commands.SkipEvent{View: "accounts", Event: domain.EventID{UUID: uuid.New()}, Reason: "It cannot be read."}
		facts := many(w, inTurn(w.SkipEvent, other.SkipEvent), keyed(operator, "skip"), skip)
		for _, f := range facts {
			if f.ID != facts[0].ID {
				t.Fatal("two skips")
			}
		}
	})
	w.appended([]string{"clock.confirmed.v1"}, func() {
		now := w.clock.Now()
		confirm := commands.ConfirmClock{From: now.Add(-time.Hour), Until: now.Add(time.Hour)}
		one(t, "clock", many(w, inTurn(w.ConfirmClock, other.ConfirmClock), keyed(operator, "clock"), confirm))
	})
	w.appended([]string{"limits.changed.v1"}, func() {
		raise := keyed(operator, "limits")
		for _, in := range []*world{w, other} {
			if _, err := in.RaiseLimits(t.Context(), raise, commands.RaiseLimits{Profile: domain.LimitsSimulation}); err != nil {
				t.Error(err)
			}
		}
	})
	w.unique()
}
