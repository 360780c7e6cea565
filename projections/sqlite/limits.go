package sqlite

import "context"

// limits are what filling one generation may take.
type limits struct {
	// cache is the writer's page cache, in KiB; sort is the cache while indexes are built, which every helper that sorts has too.
	cache, sort int
	// postings is how much of the full-text index is gathered in memory while it is built, in bytes, so that less has to be
	// merged.
	postings int64
	// appended bounds the documents that are told apart in memory.
	appended int
	// gathered bounds the cells of tallies that are counted in memory.
	gathered int
}

const (
	// appendedSize and gatheredSize are about what an id and a cell take in memory, in bytes.
	appendedSize, gatheredSize = 20, 150
	// pageSize is that of the files, in bytes.
	pageSize = 4 << 10
)

// fastest are the limits beyond which nothing goes faster.
func fastest() limits {
	return limits{cache: 16 << 10, sort: 2 << 10, postings: 32 << 20, appended: 4 << 20, gathered: 1 << 18}
}

// within gives the limits for so much memory, in bytes, and those that are fastest for 0. The ids and the cells last until the
// last document is written, the full-text index is made when the ids are gone.
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

// Options say how much an engine may take.
type Options struct {
	// FillMemory is about what each generation may take while it is filled, in bytes. The less, the more is read and written
	// twice. 0: what makes filling fastest, which is up to 192 MB.
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

// limit sets what filling may take.
func (s *store) limit(ctx context.Context, l limits) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	if s.conn == nil || !s.filling.Load() {
		return nil
	}
	return s.cache(ctx, l.cache)
}
