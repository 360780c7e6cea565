// Package await lets tests wait for something to happen.
package await

import (
	"testing"
	"time"
)

const (
	// Patience bounds a wait. Only a failing test reaches it, so it leaves room for a busy machine under the race detector.
	Patience = 2 * time.Minute
	// pause is the time between two checks.
	pause = 5 * time.Millisecond
)

// Until checks repeatedly until something is so, and fails the test if that takes longer than Patience; what
// describes what was waited for. Like Fatal, it must be called on the test's own goroutine.
func Until(tb testing.TB, what string, so func() bool) {
	tb.Helper()
	tick := time.NewTicker(pause)
	defer tick.Stop()
	for end := time.Now().Add(Patience); !so(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatalf("not reached within %s: %s", Patience, what)
		}
	}
}
