package sqlite_test

import (
	"fmt"
	"testing"

	"accountledger/projections/view"
)

// TestMovesAlone checks that a checkpoint that moves without documents is visible at once, kept by Close, and after a crash
// no further than what was stored.
func TestMovesAlone(t *testing.T) {
	dir := t.TempDir()
	_, g := open(t, dir)
	docs := crowd(2)
	must(t, g.Write(t.Context(), view.Batch{Documents: docs[:1], Checkpoint: view.Checkpoint("1")}))
	for i := 2; i <= 50; i++ {
		must(t, g.Write(t.Context(), view.Batch{Checkpoint: view.Checkpoint(fmt.Sprint(i))}))
		place, err := g.Checkpoint(t.Context(), 0)
		must(t, err)
		if string(place) != fmt.Sprint(i) {
			t.Fatalf("the checkpoint is at %s, want %d", place, i)
		}
	}
	_, after := open(t, crash(t, dir))
	place, err := after.Checkpoint(t.Context(), 0)
	must(t, err)
	if string(place) == "" || len(place) > 2 {
		t.Errorf("after a crash it is at %q", place)
	}
	// Repeats of what came after it do no harm, and the next documents carry the checkpoint with them.
	must(t, g.Write(t.Context(), view.Batch{Documents: docs[1:], Checkpoint: view.Checkpoint("51")}))
	must(t, g.Write(t.Context(), view.Batch{Checkpoint: view.Checkpoint("52")}))
	must(t, g.Close())
	_, again := open(t, dir)
	if place, err = again.Checkpoint(t.Context(), 0); err != nil || string(place) != "52" {
		t.Errorf("after a stop it is at %q, %v", place, err)
	}
}
