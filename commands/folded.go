package commands

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// folded keeps the states of recently used streams. A state is never used before its stream was read on from its version,
// as the leader has it, so it is as fresh as a full read. Reads of one stream run side by side: on a log that is far away
// nobody waits for another's.
type folded[S interface{ Apply(domain.Fact) error }] struct {
	core *core
	by   *lru.Cache[string, *kept[S]]
}

type kept[S interface{ Apply(domain.Fact) error }] struct {
	mu    sync.Mutex
	state S
	head  journal.Head
}

// foldedAtOnce bounds the states that are kept of one kind.
const foldedAtOnce = 1 << 13

func newFolded[S interface{ Apply(domain.Fact) error }](c *core) *folded[S] {
	by, err := lru.New[string, *kept[S]](foldedAtOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &folded[S]{c, by}
}

// use lends the state of a stream and where the stream ends; fresh gives that of an empty one. What look keeps of the state
// must be a copy. Within one request a stream is read once: see Once.
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

// peek lends the state of a stream as it is kept, however old: for what is confirmed by a read before it counts. It reports
// false when none is kept.
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

// read reads a stream on from what is kept of it. A read that fails leaves the state as far as it came.
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
		f.by.Remove(stream) // nothing to keep of what is not there
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

// apply takes a fact that no other read brought meanwhile.
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
	if f.At.After(k.head.At) { // one that was passed over has no time of its own
		k.head.At = f.At
	}
	return nil
}
