package elastic

import (
	"context"
	"math/rand/v2"
	"time"

	"accountledger/internal/backoff"
	"accountledger/projections/view"
)

// patience is how long one write is retried.
type patience struct {
	until time.Time
	tries backoff.Tries
}

func newPatience(d time.Duration) *patience {
	return &patience{until: time.Now().Add(d), tries: backoff.Tries{Steps: backoff.Steps{First: 25 * time.Millisecond, Longest: time.Second, Factor: 2}}}
}

// wait pauses before the next attempt; view.ErrUnavailable when patience has run out. A pause may be up to twice as long, at
// random, so that several writers do not come back together.
func (p *patience) wait(ctx context.Context) error {
	pause := p.tries.Next()
	pause += rand.N(pause) //nolint:gosec // nothing secret depends on it
	if time.Now().Add(pause).After(p.until) {
		return view.ErrUnavailable
	}
	return backoff.Sleep(ctx, pause)
}
