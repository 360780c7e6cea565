package commands_test

import (
	"testing"

	"accountledger/domain"
)

// A repeat of a grant that was withdrawn since says how it stands now (P12): nobody is told that a use is allowed that is not.
func TestARepeatedGrantSaysHowItStands(t *testing.T) {
	w := newWorld(t)
	c := w.person(ada)
	key := keyed(c, "setPermission")
	first, err := w.SetPermission(t.Context(), key, w.grant())
	if err != nil || !first.Value.Effective {
		t.Fatalf("%+v, %v", first.Value, err)
	}
	w.appended(nil, func() {
		if again, err := w.SetPermission(t.Context(), key, w.grant()); err != nil || again.Value != first.Value {
			t.Errorf("repeated: %+v, %v", again.Value, err)
		}
	})
	withdrawn := do(w, w.SetPermission, c, withdrawal())
	w.appended(nil, func() {
		again, err := w.SetPermission(t.Context(), key, w.grant())
		if err != nil || again.Value.State != domain.StateWithdrawn || again.Value.Effective ||
			again.Value.Tag != withdrawn.Tag || again.Value.Event != withdrawn.Event {
			t.Errorf("repeated after a withdrawal: %+v, %v", again.Value, err)
		}
	})
}
