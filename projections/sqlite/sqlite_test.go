package sqlite_test

import (
	"testing"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/projections/viewtest"
)

func TestConformance(t *testing.T) {
	conform(t, func(*sqlite.Engine) {})
}

// TestConformanceWhereWordsAreCommon is the same where the few documents of the suite count as many.
func TestConformanceWhereWordsAreCommon(t *testing.T) {
	conform(t, func(e *sqlite.Engine) { e.SetReach(2, 3, 12) })
}

func conform(t *testing.T, set func(*sqlite.Engine)) {
	t.Helper()
	dirs := map[string]string{}
	viewtest.Run(t, func(t *testing.T) view.Engine {
		t.Helper()
		if dirs[t.Name()] == "" {
			dirs[t.Name()] = t.TempDir()
		}
		e, err := sqlite.New(dirs[t.Name()])
		if err != nil {
			t.Fatal(err)
		}
		set(e)
		return e
	})
}
