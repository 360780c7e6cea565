package commands

import (
	"context"
	"sync/atomic"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// state is what the facts of a stream add up to. Everybody who reads a stream shares its states and only looks at them: Apply is
// for a Fork.
type state[S any] interface {
	Apply(domain.Fact) error
	Fork() S
}

// stream is one stream, and where its states are cached. fresh makes the state of an empty stream.
type stream[S state[S]] struct {
	name  string
	in    *folded[S]
	fresh func() S
}

// snapshot is a stream as somebody read it. It never changes.
type snapshot[S state[S]] struct {
	state S
	head  journal.Head
	kept  *repeats
}

// before returns what a command appended to the stream earlier, under its Idempotency-Key.
func (s *snapshot[S]) before(id domain.CommandID) []journal.Record {
	if s.kept == nil {
		return nil
	}
	return s.kept.of(id, s.head.Version)
}

// folded caches the states of recently used streams of one kind. Before a state is used, its stream is read on from its version,
// as the leader has it, so it is as fresh as a full read. Reads of one stream run concurrently: with a remote log nobody
// waits for another's.
type folded[S state[S]] struct {
	core *core
	by   *lru.Cache[string, *kept[S]]
}

// kept is the newest known snapshot of a stream, and what commands under an Idempotency-Key appended to it.
type kept[S state[S]] struct {
	latest  atomic.Pointer[snapshot[S]]
	repeats repeats
}

// foldedAtOnce is how many states of one kind are cached.
const foldedAtOnce = 1 << 13

// newCache holds the most recently used of so many.
func newCache[K comparable, V any](atOnce int) *lru.Cache[K, V] {
	c, err := lru.New[K, V](atOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return c
}

func newFolded[S state[S]](c *core) *folded[S] {
	f := &folded[S]{c, newCache[string, *kept[S]](foldedAtOnce)}
	c.caches = append(c.caches, f)
	return f
}

// forget drops all cached states.
func (f *folded[S]) forget() { f.by.Purge() }

// read returns the stream as it is now. Within one request a stream is read once: see Once.
func (s stream[S]) read(ctx context.Context) (*snapshot[S], error) {
	return once(ctx, s.name, func() (*snapshot[S], error) { return s.readOn(ctx) })
}

// cached returns the cached state of a stream, however old, for what is confirmed by a read later; false if none is cached.
func (s stream[S]) cached() (S, bool) {
	if k, ok := s.in.by.Get(s.name); ok {
		if at := k.latest.Load(); at.head.Exists() {
			return at.state, true
		}
	}
	var none S
	return none, false
}

// called is the stream's name.
func (s stream[S]) called() string { return s.name }

// empty is the stream as it is if nothing was ever appended.
func (s stream[S]) empty() *snapshot[S] {
	return &snapshot[S]{state: s.fresh(), head: journal.NoStream(s.name)}
}

// readOn continues reading a stream from its cached state. A failed read keeps the state it got to.
func (s stream[S]) readOn(ctx context.Context) (*snapshot[S], error) {
	cache := s.in
	k, ok := cache.by.Get(s.name)
	if !ok {
		k = newKept(s.empty())
		if before, known, _ := cache.by.PeekOrAdd(s.name, k); known {
			k = before
		}
	}
	next := forking[S]{snapshot: k.latest.Load()}
	for rec, err := range cache.core.Journal.Read(ctx, s.name, next.head.Version+1) {
		if err != nil {
			k.publish(next.snapshot)
			return nil, err
		}
		rec.Fact = cache.core.sinceRestored(rec)
		if err := next.apply(rec); err != nil {
			cache.by.Remove(s.name)
			return nil, err
		}
	}
	if !next.head.Exists() {
		cache.by.Remove(s.name) // an empty stream is not cached
	}
	k.publish(next.snapshot)
	return next.snapshot, nil
}

// extend returns a snapshot with what was just appended to it.
func (s stream[S]) extend(from *snapshot[S], done journal.Committed) (*snapshot[S], error) {
	k, known := s.in.by.Get(s.name)
	known = known && from.kept == &k.repeats // not one that was made since
	next := forking[S]{snapshot: from}
	for _, f := range done.Facts {
		if err := next.apply(journal.Record{Fact: f, Position: done.Position}); err != nil {
			return nil, err
		}
	}
	if known {
		k.publish(next.snapshot)
	}
	return next.snapshot, nil
}

func newKept[S state[S]](empty *snapshot[S]) *kept[S] {
	k := &kept[S]{}
	empty.kept = &k.repeats
	k.latest.Store(empty)
	return k
}

// publish makes a snapshot the newest, unless another reader got further.
func (k *kept[S]) publish(next *snapshot[S]) {
	for {
		latest := k.latest.Load()
		if latest.head.Version >= next.head.Version || k.latest.CompareAndSwap(latest, next) {
			return
		}
	}
}

// forking is a snapshot being read on: it forks the state once there is a fact to apply.
type forking[S state[S]] struct {
	*snapshot[S]
	forked bool
}

func (f *forking[S]) apply(rec journal.Record) error {
	if !f.forked {
		from := *f.snapshot
		from.state = from.state.Fork()
		f.snapshot, f.forked = &from, true
	}
	if err := f.state.Apply(rec.Fact); err != nil {
		return err
	}
	if f.kept != nil {
		f.kept.note(rec)
	}
	f.head.Version = rec.Version
	if rec.At.After(f.head.At) { // a skipped event has no time
		f.head.At = rec.At
	}
	return nil
}
