package sqlite

import "context"

// limits are the memory limits of filling one generation.
type limits struct {
	// cache is the writer's page cache, in KiB; sort is the cache while indexes are built, for every sorting helper thread.
	cache, sort int
	// postings is how much of the full-text index is gathered in memory while it is built, in bytes, to
	// reduce merging.
	postings int64
	// appended bounds the documents whose ids are held in memory.
	appended int
	// gathered bounds the cells of tallies counted in memory.
	gathered int
}

const (
	// appendedSize and gatheredSize are roughly the memory of an id and a cell, in bytes.
	appendedSize, gatheredSize = 20, 150
	// pageSize is the page size of the files, in bytes.
	pageSize = 4 << 10
)

// fastest are the limits beyond which nothing gets faster.
func fastest() limits {
	return limits{cache: 16 << 10, sort: 2 << 10, postings: 32 << 20, appended: 4 << 20, gathered: 1 << 18}
}

// within returns the limits for an amount of memory, in bytes, and the fastest ones for 0. The ids and the cells last until the
// last document is written; the full-text index is built when the ids are gone.
func within(memory int64) limits {
	l := fastest()
	if memory <= 0 {
		return l
	}
	part := func(n, of int64) int { return int(max(memory*n/of, 0)) }
	const leastPages = 64
	l.cache = min(l.cache, max(part(1, 4), leastPages*pageSize)>>10)
	l.sort = min(l.sort, max(part(1, 16), leastPages*pageSize)>>10)
	l.postings = min(l.postings, int64(max(part(3, 8), 1<<20)))
	l.appended = min(l.appended, part(7, 16)/appendedSize)
	l.gathered = min(l.gathered, part(5, 16)/gatheredSize)
	return l
}

// Options limit an engine.
type Options struct {
	// FillMemory is roughly the memory for filling each generation, in bytes. The less, the more is read and written
	// twice. 0: as much as makes filling fastest, up to 192 MB.
	FillMemory int64
}

// NewWith is New with options.
func NewWith(dir string, o Options) (*Engine, error) {
	e, err := New(dir)
	if err == nil {
		e.limits = within(o.FillMemory)
	}
	return e, err
}

// limit sets the limits of filling.
func (s *store) limit(ctx context.Context, l limits) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	if s.conn == nil || !s.filling.Load() {
		return nil
	}
	return s.cache(ctx, l.cache)
}
