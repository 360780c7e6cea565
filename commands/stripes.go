package commands

import (
	"hash/maphash"
	"sync"
)

// stripes lets one command at a time change a stream within this process. It only reduces conflicts; safety does not depend on
// it.
type stripes struct {
	seed maphash.Seed
	once sync.Once
	mu   [4096]sync.Mutex
}

// lock also reports whether it waited for another command: then what was read before has probably changed.
func (s *stripes) lock(stream string) (unlock func(), waited bool) {
	s.once.Do(func() { s.seed = maphash.MakeSeed() })
	m := &s.mu[maphash.String(s.seed, stream)%uint64(len(s.mu))]
	if m.TryLock() {
		return m.Unlock, false
	}
	m.Lock()
	return m.Unlock, true
}
