package postgres

import (
	"sync/atomic"
	"time"
)

const (
	// askEvery is how often the server is asked for destructions.
	askEvery = 250 * time.Millisecond
	// trusted is how long, from when the news was asked for, the cache may be used. The rest of
	// the second is for the caller to get its answer.
	trusted = 900 * time.Millisecond
)

// freshness tracks whether the cache may be used.
type freshness struct {
	limit time.Duration
	asked atomic.Pointer[time.Time]
}

// heard records that everything destroyed before the request of that time is out of the cache.
func (f *freshness) heard(asked time.Time) { f.asked.Store(&asked) }

func (f *freshness) forget() { f.asked.Store(nil) }

// begin must be called before the cache is read.
func (f *freshness) begin() *time.Time { return f.asked.Load() }

// holds reports whether what was read from the cache since begin may be returned.
func (f *freshness) holds(asked *time.Time) bool { return asked != nil && since(*asked) < f.limit }

// since is how long ago t was. The monotonic clock stops while the machine sleeps
// and the wall clock may be set, so the larger difference counts; a wall clock set back counts as long ago.
func since(t time.Time) time.Duration {
	now := time.Now()
	wall := now.Round(0).Sub(t.Round(0))
	if wall < -time.Second {
		wall = -wall
	}
	return max(now.Sub(t), wall)
}
