package elastic

import (
	"context"
	"math/rand/v2"
	"time"

	"accountledger/projections/view"
)

// Pauses between two tries: each twice the one before, with up to as much again
// by chance, so that several writers do not come back together.
const (
	firstPause   = 25 * time.Millisecond
	longestPause = time.Second
)

// backoff is the patience of one write.
type backoff struct {
	until time.Time
	next  time.Duration
}

func newBackoff(patience time.Duration) *backoff {
	return &backoff{until: time.Now().Add(patience), next: firstPause}
}

// wait pauses before the next try; view.ErrUnavailable when patience has ended.
func (b *backoff) wait(ctx context.Context) error {
	pause := b.next + rand.N(b.next) //nolint:gosec // nothing secret depends on it
	if time.Now().Add(pause).After(b.until) {
		return view.ErrUnavailable
	}
	b.next = min(2*b.next, longestPause)
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
