package simulate

import (
	"sync/atomic"
	"time"
)

// Clock is the clock of a played history. It begins as the system's; from Begin to End it stands at the moment that is being
// played and goes on by a microsecond each time it is looked at, so that no two events have one time. It never goes back while
// it is simulated. It is safe for concurrent use.
type Clock struct{ at atomic.Int64 } // nanoseconds since 1970; 0: the system's

// Now is the time.
func (c *Clock) Now() time.Time {
	for {
		at := c.at.Load()
		if at == 0 {
			return time.Now()
		}
		if c.at.CompareAndSwap(at, at+int64(time.Microsecond)) {
			return time.Unix(0, at).UTC()
		}
	}
}

// Begin puts the clock to the first moment of a history.
func (c *Clock) Begin(t time.Time) { c.at.Store(t.UnixNano()) }

// End gives the clock back to the system.
func (c *Clock) End() { c.at.Store(0) }

// Simulated tells whether a history is being played.
func (c *Clock) Simulated() bool { return c != nil && c.at.Load() != 0 }

// forward goes on by d.
func (c *Clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// to goes on to t, if that lies ahead.
func (c *Clock) to(t time.Time) {
	for {
		at := c.at.Load()
		if at == 0 || at >= t.UnixNano() || c.at.CompareAndSwap(at, t.UnixNano()) {
			return
		}
	}
}
