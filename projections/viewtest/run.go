package viewtest

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"testing"

	"accountledger/projections/view"
)

// Run runs the whole suite. open returns an engine on the same place each time
// within one test; the suite closes every engine it opens, and may open one again
// after closing it, to see what was kept.
func Run(t *testing.T, open func(t *testing.T) view.Engine) {
	t.Helper()
	for _, part := range []struct {
		name string
		test func(*testing.T, func(*testing.T) view.Engine)
	}{
		{"documents", testDocuments},
		{"versions", testVersions},
		{"tombstones", testTombstones},
		{"refused documents", testRefused},
		{"limits", testLimits},
		{"checkpoints", testCheckpoints},
		{"reopen", testReopen},
		{"mismatch", testMismatch},
		{"swap", testSwap},
		{"drop", testDrop},
		{"fill", testFill},
		{"concurrent", testConcurrent},
		{"closed and cancelled", testClosed},
		{"refused queries", testRefusedQueries},
		{"words", testWords},
		{"calendar", testCalendar},
		{"random", testRandom},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open) })
	}
}

// uniqueName returns an unused name for a view.
func uniqueName() string {
	var b [8]byte
	_, _ = rand.Read(b[:])
	return "test_" + hex.EncodeToString(b[:])
}

// closeLater closes an engine or a generation at the end of a test.
func closeLater(t *testing.T, c interface{ Close() error }) {
	t.Helper()
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// fresh opens an engine with one empty generation of a new test view.
func fresh(t *testing.T, open func(*testing.T) view.Engine) (view.Engine, view.Generation) {
	t.Helper()
	e := open(t)
	closeLater(t, e)
	schema := testSchema(uniqueName())
	g := generation(t, e, schema, 1)
	closeLater(t, g)
	dropLater(t, e, g)
	return e, g
}

// dropLater leaves nothing behind on an engine that outlives the test. It is
// called after closeLater so that it runs first; an engine drops what is still
// open when it is closed.
func dropLater(t *testing.T, e view.Engine, g view.Generation) {
	t.Helper()
	t.Cleanup(func() { _ = e.Drop(context.Background(), g.ID()) })
}

func generation(t *testing.T, e view.Engine, schema view.Schema, number int) view.Generation {
	t.Helper()
	g, err := e.Open(t.Context(), schema, number)
	must(t, err)
	return g
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
