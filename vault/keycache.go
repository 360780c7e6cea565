package vault

import (
	"container/list"
	"hash/maphash"
	"sync"
)

// DefaultCacheKeys is how many keys an engine keeps in memory; at about 300 bytes each
// that is 20 MB at most.
const DefaultCacheKeys = 1 << 16

const cacheShards = 16

// KeyCache keeps the most recently used keys, for engines. A read that began before an
// eviction cannot bring the key back: a reader takes a Ticket before it asks its
// store, and Put refuses a key whose ticket is older than an eviction.
// All methods are safe for concurrent use.
type KeyCache struct {
	seed   maphash.Seed
	shards [cacheShards]keyShard
}

type keyShard struct {
	mu        sync.Mutex
	limit     int
	evictions uint64
	byName    map[string]*list.Element
	recent    list.List // of *Key, most recently used first
}

// Ticket records what had been evicted when a read began.
type Ticket struct{ evictions uint64 }

// NewKeyCache creates a cache for at most size keys (at least one for each of its 16 parts).
func NewKeyCache(size int) *KeyCache {
	c := &KeyCache{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].limit = max(1, size/cacheShards)
		c.shards[i].byName = make(map[string]*list.Element)
	}
	return c
}

// Get returns a cached key, or nil.
func (c *KeyCache) Get(name string) *Key {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	e, ok := s.byName[name]
	if !ok {
		return nil
	}
	s.recent.MoveToFront(e)
	return e.Value.(*Key) // the list holds nothing else
}

// Ticket must be taken before asking the store for name.
func (c *KeyCache) Ticket(name string) Ticket {
	s := c.shard(name)
	s.mu.Lock()
	defer s.mu.Unlock()
	return Ticket{evictions: s.evictions}
}

// Put keeps a key that the store returned after ticket was taken. It returns false, and
// keeps nothing, if something was evicted since: then ask the store again.
func (c *KeyCache) Put(k *Key, ticket Ticket) bool {
	kept, replaced := c.shard(k.Name).put(k, ticket)
	if replaced != nil && replaced != k {
		replaced.release()
	}
	return kept
}

// put returns the key that was evicted for this one, if any.
func (s *keyShard) put(k *Key, ticket Ticket) (kept bool, replaced *Key) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.evictions != ticket.evictions {
		return false, nil
	}
	if e, ok := s.byName[k.Name]; ok {
		replaced = e.Value.(*Key) // the list holds nothing else
		e.Value = k
		s.recent.MoveToFront(e)
		return true, replaced
	}
	s.byName[k.Name] = s.recent.PushFront(k)
	if s.recent.Len() > s.limit {
		oldest := s.recent.Back()
		replaced = s.recent.Remove(oldest).(*Key) // as above
		delete(s.byName, replaced.Name)
	}
	return true, replaced
}

// Evict drops keys, cached or not, with everything derived from them, and
// voids older tickets.
func (c *KeyCache) Evict(names ...string) {
	for _, name := range names {
		if k := c.shard(name).evict(name); k != nil {
			k.release()
		}
	}
}

func (s *keyShard) evict(name string) *Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evictions++
	e, ok := s.byName[name]
	if !ok {
		return nil
	}
	delete(s.byName, name)
	return s.recent.Remove(e).(*Key) // as above
}

// Clear drops everything, including what was derived from it, and voids all tickets.
func (c *KeyCache) Clear() {
	for i := range c.shards {
		for _, k := range c.shards[i].clear() {
			k.release()
		}
	}
}

func (s *keyShard) clear() []*Key {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.evictions++
	keys := make([]*Key, 0, s.recent.Len())
	for e := s.recent.Front(); e != nil; e = e.Next() {
		keys = append(keys, e.Value.(*Key)) // as above
	}
	clear(s.byName)
	s.recent.Init()
	return keys
}

func (c *KeyCache) shard(name string) *keyShard {
	return &c.shards[maphash.String(c.seed, name)%cacheShards]
}
