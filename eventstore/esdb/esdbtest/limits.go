package esdbtest

import "math"

// sizes are the largest the server accepts.
type sizes struct{ append, event int }

// defaultAppendBytes is a real server's default for one append; a real server has none for a single event.
const defaultAppendBytes = 1 << 20

// SetLimits sets how many bytes one append and one event may take; 0 is what a real server has by default.
func (c *Cluster) SetLimits(perAppend, perEvent int) {
	c.maxSizes.Store(&sizes{perAppend, perEvent})
}

func (c *Cluster) limits() sizes {
	most := sizes{defaultAppendBytes, math.MaxInt}
	if set := c.maxSizes.Load(); set != nil {
		if set.append > 0 {
			most.append = set.append
		}
		if set.event > 0 {
			most.event = set.event
		}
	}
	return most
}
