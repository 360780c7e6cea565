package simulate

import (
	"sync/atomic"
	"time"
)

// Clock is the clock of a played history. It starts as the system's clock; from Begin to End it shows the time being played, advancing
// by a microsecond at each reading, so that no two events have the same time. It never goes back while simulated. It is safe for
// concurrent use.
type Clock struct{ at atomic.Int64 } // nanoseconds since 1970; 0: the system's

// Now is the time; the system's if there is no clock.
func (c *Clock) Now() time.Time {
	if c == nil {
		return time.Now()
	}
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

// Begin sets the clock to the start of a history.
func (c *Clock) Begin(t time.Time) { c.at.Store(t.UnixNano()) }

// End returns to the system's clock.
func (c *Clock) End() { c.at.Store(0) }

// Simulated reports whether a history is being played.
func (c *Clock) Simulated() bool { return c != nil && c.at.Load() != 0 }

// forward advances the clock by d.
func (c *Clock) forward(d time.Duration) { c.at.Add(int64(d)) }

// to advances the clock to t, unless it is past t.
func (c *Clock) to(t time.Time) {
	for {
		at := c.at.Load()
		if at == 0 || at >= t.UnixNano() || c.at.CompareAndSwap(at, t.UnixNano()) {
			return
		}
	}
}
