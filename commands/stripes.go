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

// lock tells as well whether it waited for another command: then what was read before has most likely changed.
func (s *stripes) lock(stream string) (unlock func(), waited bool) {
	s.once.Do(func() { s.seed = maphash.MakeSeed() })
	m := &s.mu[maphash.String(s.seed, stream)%uint64(len(s.mu))]
	if m.TryLock() {
		return m.Unlock, false
	}
	m.Lock()
	return m.Unlock, true
}

// hold is lock for whom it is all the same whether it waited.
func (s *stripes) hold(stream string) (unlock func()) {
	unlock, _ = s.lock(stream)
	return unlock
}
