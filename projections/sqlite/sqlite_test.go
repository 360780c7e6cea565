package sqlite_test

import (
	"strconv"
	"testing"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/projections/viewtest"
)

func TestConformance(t *testing.T) {
	conform(t, func(*sqlite.Engine) {})
}

// TestConformanceWhereWordsAreCommon is the same, with the suite's few documents counting as many.
func TestConformanceWhereWordsAreCommon(t *testing.T) {
	conform(t, func(e *sqlite.Engine) { e.SetReach(2, 3, 12) })
}

// TestConformanceWithLittleMemory is the same, with filling running out of memory at once, or on the way.
func TestConformanceWithLittleMemory(t *testing.T) {
	for _, memory := range []int64{1, 2000} {
		t.Run(strconv.FormatInt(memory, 10), func(t *testing.T) { conformWith(t, sqlite.Options{FillMemory: memory}, func(*sqlite.Engine) {}) })
	}
}

func conform(t *testing.T, set func(*sqlite.Engine)) {
	t.Helper()
	conformWith(t, sqlite.Options{}, set)
}

func conformWith(t *testing.T, o sqlite.Options, set func(*sqlite.Engine)) {
	t.Helper()
	dirs := map[string]string{}
	viewtest.Run(t, func(t *testing.T) view.Engine {
		t.Helper()
		if dirs[t.Name()] == "" {
			dirs[t.Name()] = t.TempDir()
		}
		e, err := sqlite.NewWith(dirs[t.Name()], o)
		if err != nil {
			t.Fatal(err)
		}
		set(e)
		return e
	})
}
