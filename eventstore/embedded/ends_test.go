package embedded_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// TestReadingOn has readers go on from the ends of streams while others append, over many windows of the index: whatever an append has
// answered is read, whether its stream's end was known, forgotten or just being asked for.
func TestReadingOn(t *testing.T) {
	t.Parallel()
	s := open(t, vfs.NewMem())
	const streams, appends = 40, 60
	var answered [streams]atomic.Int64 // versions of each
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var writers, readers sync.WaitGroup
	for w := range 4 {
		writers.Go(func() {
			for range appends * streams / 4 {
				at := w + 4*rand.N(streams/4) // each writer has streams of its own
				next := answered[at].Load()
				if _, err := s.Append(ctx, fmt.Sprint("stream-", at), next-1, events(1, 10)...); err != nil {
					t.Error(err)
					return
				}
				answered[at].Store(next + 1)
			}
		})
	}
	for range 4 {
		readers.Go(func() {
			for ctx.Err() == nil {
				at := rand.N(streams)
				least := answered[at].Load()
				from := max(0, least-rand.Int64N(3))
				if got := countFrom(ctx, t, s, fmt.Sprint("stream-", at), from); from+got < least && ctx.Err() == nil {
					t.Errorf("from version %d there are %d, at least %d were appended", from, got, least)
					stop()
				}
			}
		})
	}
	writers.Wait()
	stop()
	readers.Wait()
	for at := range streams {
		least := answered[at].Load()
		for from := range least + 2 {
			if got := countFrom(t.Context(), t, s, fmt.Sprint("stream-", at), from); got != max(0, least-from) {
				t.Fatalf("stream %d has %d from version %d, want %d", at, got, from, least-from)
			}
		}
	}
}

func countFrom(ctx context.Context, t *testing.T, s *embedded.Store, stream string, from int64) (n int64) {
	for _, err := range s.ReadStream(ctx, stream, eventstore.Forwards, from) {
		if err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		if err != nil {
			return n
		}
		n++
	}
	return n
}
