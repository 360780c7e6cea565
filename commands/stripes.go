package commands

import (
	"hash/maphash"
	"sync"
)

// stripes lets one command at a time change a stream within this process: fewer conflicts, none of the safety
// rests on it.
type stripes struct {
	seed maphash.Seed
	once sync.Once
	mu   [4096]sync.Mutex
}

func (s *stripes) lock(stream string) (unlock func()) {
	s.once.Do(func() { s.seed = maphash.MakeSeed() })
	m := &s.mu[maphash.String(s.seed, stream)%uint64(len(s.mu))]
	m.Lock()
	return m.Unlock
}
