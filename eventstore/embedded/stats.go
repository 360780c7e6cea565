package embedded

import (
	"slices"
	"sync/atomic"
	"time"
)

// Stats is what a store has counted since it was opened, and its present state.
type Stats struct {
	// Appends is how many new appends were acknowledged, and Events their events; repeats and conflicts do not count.
	Appends, Events uint64
	// Groups is how many appends shared one write and fsync.
	Groups Histogram
	// Sync is the time from handing a group to the disk until it was durable, in seconds.
	Sync Histogram
	// Head is the position of the last durable event, 0 when there is none.
	Head uint64
	// Free is the room on the log's disk for this user, in bytes, if KnowsFree.
	Free      uint64
	KnowsFree bool
	// Reserve is the free space below which nothing is appended, 0 for none.
	Reserve uint64
	// Latched says that a write failed, so that the store takes no more until it is opened again.
	Latched bool
}

// Histogram counts values by upper bounds.
type Histogram struct {
	Bounds []float64
	// Counts has one more entry than there are bounds: the number of values at or below each bound and above the one
	// before it, then the number above the last.
	Counts []uint64
	Sum    float64
}

// histogram is filled by one goroutine and read by others.
type histogram struct {
	bounds []uint64 // in the unit of what is counted
	counts []atomic.Uint64
	sum    atomic.Uint64
}

func newHistogram(bounds ...uint64) histogram {
	return histogram{bounds: bounds, counts: make([]atomic.Uint64, len(bounds)+1)}
}

func (h *histogram) add(v uint64) {
	i, _ := slices.BinarySearch(h.bounds, v)
	h.counts[i].Add(1)
	h.sum.Add(v)
}

// read returns what was counted; unit is the value of one count unit.
func (h *histogram) read(unit float64) Histogram {
	out := Histogram{Bounds: make([]float64, len(h.bounds)), Counts: make([]uint64, len(h.counts)), Sum: float64(h.sum.Load()) * unit}
	for i, b := range h.bounds {
		out.Bounds[i] = float64(b) * unit
	}
	for i := range h.counts {
		out.Counts[i] = h.counts[i].Load()
	}
	return out
}

// counters belong to the committer: a few additions per group.
type counters struct {
	appends, events atomic.Uint64
	groups          histogram
	sync            histogram // in microseconds
}

func newCounters() *counters {
	return &counters{groups: newHistogram(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
		sync: newHistogram(50, 100, 250, 500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000)}
}

// durable counts a group of new events that has reached the disk.
func (c *counters) durable(g *group) {
	appends := uint64(len(g.runs))
	c.appends.Add(appends)
	c.events.Add(g.last.position + 1 - g.first)
	c.groups.add(appends)
	c.sync.add(uint64(max(0, time.Since(g.handed)).Microseconds())) //nolint:gosec // not negative
}

// Stats returns the store's counters. It asks the file system how much room there is, and takes no lock that appends wait for.
func (s *Store) Stats() Stats {
	out := Stats{Appends: s.counters.appends.Load(), Events: s.counters.events.Load(), Groups: s.counters.groups.read(1), Sync: s.counters.sync.read(1e-6),
		Head: s.durable(), Latched: s.queue.failure() != nil}
	out.Free, out.KnowsFree = s.space.free()
	if s.space.reserve > 0 {
		out.Reserve = uint64(s.space.reserve)
	}
	return out
}
