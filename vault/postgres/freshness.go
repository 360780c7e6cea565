package postgres

import (
	"sync/atomic"
	"time"
)

const (
	// askEvery is how often the server is asked for destructions.
	askEvery = 250 * time.Millisecond
	// trusted is for how long after the news was asked for the cache is answered from. The rest of
	// the second is for the caller to come to its answer.
	trusted = 900 * time.Millisecond
)

// freshness tells whether the cache may be answered from.
type freshness struct {
	limit time.Duration
	asked atomic.Pointer[time.Time]
}

// heard says that everything destroyed before the question of that time is out of the cache.
func (f *freshness) heard(asked time.Time) { f.asked.Store(&asked) }

func (f *freshness) forget() { f.asked.Store(nil) }

// begin is taken before the cache is looked into.
func (f *freshness) begin() *time.Time { return f.asked.Load() }

// holds says whether what was found in the cache since begin may be answered.
func (f *freshness) holds(asked *time.Time) bool { return asked != nil && since(*asked) < f.limit }

// since is how long ago t was. The monotonic clock stands still while the machine sleeps
// and the wall clock may be set, so the greater difference counts; one that was set back counts as long ago.
func since(t time.Time) time.Duration {
	now := time.Now()
	wall := now.Round(0).Sub(t.Round(0))
	if wall < -time.Second {
		wall = -wall
	}
	return max(now.Sub(t), wall)
}
