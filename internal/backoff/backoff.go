// Package backoff computes how long to wait before a retry.
package backoff

import (
	"context"
	"time"
)

// Steps are pauses that grow from First to Longest, each Factor times the one before. With a Factor below 2
// all are First.
type Steps struct {
	First, Longest time.Duration
	Factor         int
}

// After is the pause after the nth consecutive failure, counted from 1.
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

// Tries counts consecutive failures. It is for one goroutine.
type Tries struct {
	Steps
	failed int
}

// Next counts another failure and returns the pause after it.
func (t *Tries) Next() time.Duration {
	t.failed++
	return t.After(t.failed)
}

// Wait counts another failure and waits for the pause after it. Its error is ctx's.
func (t *Tries) Wait(ctx context.Context) error { return Sleep(ctx, t.Next()) }

// Reset starts again with the first pause, after a success.
func (t *Tries) Reset() { t.failed = 0 }

// Sleep waits. Its error is ctx's, if that ends first.
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
