package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"accountledger/eventstore"
)

func contextEnded(t *testing.T, f *fixture) {
	stream := newStream()
	ctx, cancel := context.WithCancel(f.ctx)
	sub := f.subscribe(t, f.head(t))
	cancel()
	errs := make(map[string]error)
	_, errs["Append"] = f.Append(ctx, stream, eventstore.NoStream, newEvent())
	_, errs["ReadAll"] = f.ReadAll(ctx, eventstore.Position{}, 1)
	_, errs["Subscribe"] = f.Subscribe(ctx, eventstore.Checkpoint{})
	_, errs["Next"] = sub.Next(ctx, 1)
	_, errs["Head"] = f.Head(ctx)
	_, _, errs["Distance"] = f.Distance(ctx, eventstore.Position{}, eventstore.Position{})
	for _, err := range f.ReadStream(ctx, stream, eventstore.Forwards, eventstore.Start) {
		errs["ReadStream"] = err
	}
	for name, err := range errs {
		t.Run(name, func(t *testing.T) { is(t, err, context.Canceled) })
	}
	f.append(t, stream, eventstore.NoStream, newEvent())
}

// contextEnds cancels appends under way. Whatever they return must be true.
func contextEnds(t *testing.T, f *fixture) {
	const n = 40
	streams := newStreams(n)
	events := newEvents(n)
	errs := make([]error, n)
	ctx, cancel := context.WithCancel(f.ctx)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		together(n, func(i int) {
			if i == n/2 {
				cancel()
			}
			_, errs[i] = f.Append(ctx, streams[i], eventstore.NoStream, events[i])
		})
	}()
	group.Wait()
	cancel()
	for i, err := range errs {
		switch {
		case err == nil:
			same(t, streams[i], 0, events[i:i+1], f.read(t, streams[i], eventstore.Forwards, eventstore.Start))
		case errors.Is(err, eventstore.ErrUnknownOutcome):
			// Settled by appending the same once more.
			f.append(t, streams[i], eventstore.NoStream, events[i])
			same(t, streams[i], 0, events[i:i+1], f.read(t, streams[i], eventstore.Forwards, eventstore.Start))
		case errors.Is(err, context.Canceled):
			f.append(t, streams[i], eventstore.NoStream, newEvent())
		default:
			t.Fatalf("append: %v", err)
		}
	}
}

func closedRefuses(t *testing.T, f *fixture) {
	stream := newStream()
	f.append(t, stream, eventstore.NoStream, newEvent())
	sub := f.subscribe(t, f.head(t))
	for range 2 {
		if err := f.Store.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
	}
	errs := make(map[string]error)
	_, errs["Append"] = f.Append(f.ctx, stream, 0, newEvent())
	_, errs["ReadAll"] = f.ReadAll(f.ctx, eventstore.Position{}, 1)
	_, errs["Subscribe"] = f.Subscribe(f.ctx, eventstore.Checkpoint{})
	_, errs["Next"] = sub.Next(f.ctx, 1)
	_, errs["Head"] = f.Head(f.ctx)
	_, errs["LogID"] = f.LogID(f.ctx)
	_, _, errs["Distance"] = f.Distance(f.ctx, eventstore.Position{}, eventstore.Position{})
	for _, err := range f.ReadStream(f.ctx, stream, eventstore.Forwards, eventstore.Start) {
		errs["ReadStream"] = err
	}
	for name, err := range errs {
		t.Run(name, func(t *testing.T) { is(t, err, eventstore.ErrClosed) })
	}
}
