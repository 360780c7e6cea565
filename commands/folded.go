package commands

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// folded keeps the states of recently used streams. A state is never used before its stream was read on from its version,
// as the leader has it, so it is as fresh as a full read.
type folded[S interface{ Apply(domain.Fact) error }] struct {
	core *core
	by   *lru.Cache[string, *kept[S]]
}

type kept[S any] struct {
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
// must be a copy.
func (f *folded[S]) use(ctx context.Context, stream string, fresh func() S, look func(state S, head journal.Head)) error {
	k, ok := f.by.Get(stream)
	if !ok {
		k = &kept[S]{state: fresh(), head: journal.NoStream(stream)}
		if before, known, _ := f.by.PeekOrAdd(stream, k); known {
			k = before
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	for rec, err := range f.core.Journal.Read(ctx, stream, k.head.Version+1) {
		if err == nil {
			err = k.state.Apply(f.core.sinceRestored(rec))
		}
		if err != nil {
			f.by.Remove(stream)
			return err
		}
		k.head = journal.Head{Stream: stream, Version: rec.Version, At: rec.At}
	}
	if !k.head.Exists() {
		f.by.Remove(stream) // nothing to keep of what is not there
	}
	look(k.state, k.head)
	return nil
}
