package sqlite_test

import (
	"testing"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
	"accountledger/projections/viewtest"
)

func TestConformance(t *testing.T) {
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
		return e
	})
}
