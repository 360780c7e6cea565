package main

import (
	"testing"
	"time"
)

// TestDamage starts the real program on a selection of damaged ledgers. `make damage` runs all of them.
func TestDamage(t *testing.T) {
	if testing.Short() {
		t.Skip("it drives the program from outside")
	}
	h, err := newHarness(t.Context(), t.TempDir(), config{seed: 1, timeout: 2 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	all, err := h.grown.cases()
	if err != nil {
		t.Fatal(err)
	}
	if singles := len(all); singles < 400 {
		t.Errorf("%d cases are too few", singles)
	}
	chosen, err := selected(all, quick())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range chosen {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if r := h.judge(t.Context(), c); r.Outcome == failed {
				t.Error(r.line())
			} else {
				t.Log(r.line())
			}
		})
	}
}
