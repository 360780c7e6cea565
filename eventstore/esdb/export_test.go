package esdb

import "time"

// WithLookLife makes a store rely on a look at the fence for less long than others do.
func WithLookLife(o Options, life time.Duration) Options {
	o.times = defaultTimes()
	o.times.lookLife = life
	return o
}

// WithSilence makes a store give a silent node up sooner, and close sooner.
func WithSilence(o Options, silence time.Duration) Options {
	o.times = defaultTimes()
	o.times.silence, o.times.close = silence, silence
	return o
}
