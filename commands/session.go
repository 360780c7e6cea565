package commands

import (
	"context"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"

	"accountledger/domain"
	"accountledger/journal"
)

// foldedSessions keeps months of recently used sessions. Like accounts, they are read on before each use, so an end of a
// session holds at once, however many sessions the month has.
type foldedSessions struct {
	by *lru.Cache[string, *foldedMonth]
}

type foldedMonth struct {
	mu       sync.Mutex
	sessions domain.Sessions
	head     journal.Head
}

func newFoldedSessions() *foldedSessions {
	c, err := lru.New[string, *foldedMonth](foldedAtOnce)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &foldedSessions{c}
}

// session reads one session of a stream as the leader has it now; false when there is none.
func (c *core) session(ctx context.Context, stream string, id domain.SessionID) (domain.Session, bool, error) {
	f, ok := c.months.by.Get(stream)
	if !ok {
		f = &foldedMonth{head: journal.NoStream(stream)}
		if kept, known, _ := c.months.by.PeekOrAdd(stream, f); known {
			f = kept
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for rec, err := range c.Journal.Read(ctx, stream, f.head.Version+1) {
		if err == nil {
			err = f.sessions.Apply(rec.Fact)
		}
		if err != nil {
			c.months.by.Remove(stream)
			return domain.Session{}, false, err
		}
		f.head = journal.Head{Stream: stream, Version: rec.Version, At: rec.At}
	}
	if !f.head.Exists() {
		c.months.by.Remove(stream) // nothing to keep of what is not there
	}
	s := f.sessions.All[id]
	if s == nil {
		return domain.Session{}, false, nil
	}
	return *s, true, nil
}
