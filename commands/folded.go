package commands

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// folded caches the states of recently used streams. Before a state is used, its stream is read on from its version, as the
// leader has it, so it is as fresh as a full read. Reads of one stream run concurrently: with a remote log nobody waits
// for another's.
type folded[S interface{ Apply(domain.Fact) error }] struct {
	core *core
	by   *lru.Cache[string, *kept[S]]
}

type kept[S interface{ Apply(domain.Fact) error }] struct {
	mu    sync.Mutex
	state S
	head  journal.Head
}

// foldedAtOnce is how many states of one kind are cached.
const foldedAtOnce = 1 << 13

func newFolded[S interface{ Apply(domain.Fact) error }](c *core) *folded[S] {
	by, err := lru.New[string, *kept[S]](foldedAtOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &folded[S]{c, by}
}

// use passes the state of a stream and the stream's end to look; fresh makes the state of an empty stream. look must copy what
// it keeps. Within one request a stream is read once: see Once.
func (f *folded[S]) use(ctx context.Context, stream string, fresh func() S, look func(state S, head journal.Head)) error {
	k, err := once(ctx, stream, func() (*kept[S], error) { return f.read(ctx, stream, fresh) })
	if err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	look(k.state, k.head)
	return nil
}

// peek passes the cached state of a stream, however old, to look: for what is confirmed by a read later. It returns false if none is
// cached.
func (f *folded[S]) peek(stream string, look func(S)) bool {
	k, ok := f.by.Get(stream)
	if !ok {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.head.Exists() {
		look(k.state)
	}
	return k.head.Exists()
}

// read continues reading a stream from its cached state. A failed read keeps the state it got to.
func (f *folded[S]) read(ctx context.Context, stream string, fresh func() S) (*kept[S], error) {
	k, ok := f.by.Get(stream)
	if !ok {
		k = &kept[S]{state: fresh(), head: journal.NoStream(stream)}
		if before, known, _ := f.by.PeekOrAdd(stream, k); known {
			k = before
		}
	}
	for rec, err := range f.core.Journal.Read(ctx, stream, k.version()+1) {
		if err != nil {
			return nil, err
		}
		if err := k.apply(f.core.sinceRestored(rec)); err != nil {
			f.by.Remove(stream)
			return nil, err
		}
	}
	if !k.exists() {
		f.by.Remove(stream) // an empty stream is not cached
	}
	return k, nil
}

func (k *kept[S]) version() int64 {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.head.Version
}

func (k *kept[S]) exists() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.head.Exists()
}

// apply applies a fact unless another read already has.
func (k *kept[S]) apply(f domain.Fact) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if f.Version <= k.head.Version {
		return nil
	}
	if err := k.state.Apply(f); err != nil {
		return err
	}
	k.head.Version = f.Version
	if f.At.After(k.head.At) { // a skipped event has no time
		k.head.At = f.At
	}
	return nil
}
