package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

func batch(stream string, expected int64, n int) eventstore.Batch {
	b := eventstore.Batch{Stream: stream, Expected: expected}
	for range n {
		b.Events = append(b.Events, eventstore.Event{ID: uuid.New(), Type: "t.v1", Data: []byte("d"), Metadata: []byte("m")})
	}
	return b
}

// Batches of several callers, to streams in memory and not, stand in each caller's order.
func TestAppendInOrderKeepsTheOrder(t *testing.T) {
	s, err := embedded.Open(embedded.Options{Dir: "log", FS: vfs.NewMem(), ReserveBytes: -1, IndexAppends: 50})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	const callers, rounds, streams = 4, 40, 30
	orders := make([][]uuid.UUID, callers)
	var g errgroup.Group
	for c := range callers {
		g.Go(func() error {
			versions := map[string]int64{}
			for round := range rounds {
				var all []eventstore.Batch
				for i := range streams {
					stream := fmt.Sprintf("s-%d-%d", c, (i*7+round)%streams)
					next, is := versions[stream]
					if !is {
						next = eventstore.NoStream
					}
					b := batch(stream, next, 1+i%3)
					versions[stream] = next + int64(len(b.Events))
					all = append(all, b)
					for _, e := range b.Events {
						orders[c] = append(orders[c], e.ID)
					}
				}
				if done, err := s.AppendInOrder(t.Context(), all...); err != nil || done != streams {
					return fmt.Errorf("%d done: %w", done, err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	whose := map[uuid.UUID]int{}
	for c, ids := range orders {
		for _, id := range ids {
			whose[id] = c
		}
	}
	at := eventstore.Position{}
	for {
		p, err := s.ReadAll(t.Context(), at, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(p.Events) == 0 {
			break
		}
		for _, e := range p.Events {
			c := whose[e.ID]
			if orders[c][0] != e.ID {
				t.Fatalf("caller %d's events changed places at %s", c, e.Position)
			}
			orders[c] = orders[c][1:]
		}
		at = p.Checkpoint.Position
	}
	for c := range orders {
		if len(orders[c]) > 0 {
			t.Errorf("%d events of caller %d are missing", len(orders[c]), c)
		}
	}
}

func TestAppendInOrderSaysHowFarItCame(t *testing.T) {
	s, err := embedded.Open(embedded.Options{Dir: "log", FS: vfs.NewMem(), ReserveBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	var conflict *eventstore.ConflictError
	done, err := s.AppendInOrder(t.Context(), batch("a", eventstore.NoStream, 1), batch("b", 3, 1), batch("a", 0, 1))
	if done != 1 || !errors.As(err, &conflict) || conflict.Stream != "b" {
		t.Errorf("%d %v", done, err)
	}
	if done, err = s.AppendInOrder(t.Context(), batch("c", eventstore.NoStream, 0)); done != 0 || !errors.Is(err, eventstore.ErrInvalid) {
		t.Errorf("%d %v", done, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if done, err = s.AppendInOrder(ctx, batch("c", eventstore.NoStream, 1)); done != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d %v", done, err)
	}
	if done, err = s.AppendInOrder(t.Context()); done != 0 || err != nil {
		t.Errorf("%d %v", done, err)
	}
	if err := s.Fence(t.Context(), eventstore.Fence{Reason: eventstore.FenceArchive}); err != nil {
		t.Fatal(err)
	}
	if done, err = s.AppendInOrder(t.Context(), batch("c", eventstore.NoStream, 1)); done != 0 || !errors.Is(err, eventstore.ErrFenced) {
		t.Errorf("%d %v", done, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if done, err = s.AppendInOrder(t.Context(), batch("c", eventstore.NoStream, 1)); done != 0 || !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("%d %v", done, err)
	}
}
