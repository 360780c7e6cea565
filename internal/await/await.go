// Package await lets tests wait for what happens by itself.
package await

import (
	"testing"
	"time"
)

const (
	// Patience bounds a wait. It is reached only by a test that fails.
	Patience = 30 * time.Second
	// pause lies between two looks.
	pause = 5 * time.Millisecond
)

// Until looks again and again until something is so, and fails the test when that takes longer than Patience; what
// says in words what was waited for. Like Fatal, it is for the test's own goroutine.
func Until(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for end := time.Now().Add(Patience); !so(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatalf("it has not come to this in %s: %s", Patience, what)
		}
	}
}
