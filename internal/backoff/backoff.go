// Package backoff is how long to wait before something is tried again.
package backoff

import (
	"context"
	"time"
)

// Steps are pauses that grow from the first to the longest, each Factor times the one before. A Factor below 2 lets them
// all be the first.
type Steps struct {
	First, Longest time.Duration
	Factor         int
}

// After is the pause after the nth try in a row that failed, counted from 1.
func (s Steps) After(n int) time.Duration {
	d := s.First
	if s.Factor < 2 || d <= 0 {
		return min(d, s.Longest)
	}
	for i := 1; i < n; i++ {
		if d > s.Longest/time.Duration(s.Factor) {
			return s.Longest
		}
		d *= time.Duration(s.Factor)
	}
	return min(d, s.Longest)
}

// Tries counts the tries that failed in a row. It is for one goroutine.
type Tries struct {
	Steps
	failed int
}

// Next counts one more try and gives the pause after it.
func (t *Tries) Next() time.Duration {
	t.failed++
	return t.After(t.failed)
}

// Wait counts one more try and waits out the pause after it. Its error is ctx's.
func (t *Tries) Wait(ctx context.Context) error { return Sleep(ctx, t.Next()) }

// Reset begins again with the first pause, after something went well.
func (t *Tries) Reset() { t.failed = 0 }

// Sleep waits. Its error is ctx's, when that ends first.
func Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
