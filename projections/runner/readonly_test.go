package runner_test

import (
	"slices"
	"testing"

	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
)

// Views that are only asked clear nothing away, and tell of what is left; the next that are worked on clear it away.
func TestViewsThatAreOnlyAskedLeaveEverything(t *testing.T) {
	l := projectiontest.New(t)
	l.Notices("location")
	d := other(1)
	live(t, l, d)
	cutOff(t, place(l, d, 1))
	cutOff(t, place(l, d, 1))
	before := numbers(t, l.Engine, "other")
	o := runner.ViewsOptions{Engine: l.Engine, Journal: l.Journal, Log: l.Logger, Declarations: []runner.Declaration{d}, ReadOnly: true}
	look := func() {
		t.Helper()
		views, err := runner.OpenViewsWith(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		if left, err := views.Left(t.Context()); err != nil || len(left) != 1 || left[0].Done != l.Head().Position.Int64() {
			t.Errorf("%+v %v", left, err)
		}
		if at, err := views.Consumers()[0].Stored(t.Context()); err != nil || at != l.Head() {
			t.Errorf("it stands at %v: %v", at, err)
		}
		if err := views.Close(); err != nil {
			t.Error(err)
		}
	}
	look()
	if now := numbers(t, l.Engine, "other"); len(before) != 3 || !slices.Equal(now, before) {
		t.Errorf("generations %v, before %v", now, before)
	}
	o.ReadOnly = false
	look()
	if now := numbers(t, l.Engine, "other"); len(now) != 2 {
		t.Errorf("generations %v, before %v", now, before)
	}
}
