package embedded_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
)

// TestAppendIsSeenWhole reads a stream and the log while appends of three events go on.
func TestAppendIsSeenWhole(t *testing.T) {
	t.Parallel()
	const appends, size = 200, 3
	s := open(t, vfs.NewMem())
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		for n := range int64(appends) {
			if _, err := s.Append(t.Context(), "test", n*size-1, events(size, 12<<10)...); err != nil {
				t.Errorf("append: %v", err)
				return
			}
		}
	}()
	for seen := int64(-1); seen != appends*size-1 && !t.Failed(); {
		for e, err := range s.ReadStream(t.Context(), "test", eventstore.Backwards, eventstore.End) {
			if err != nil {
				t.Fatal(err)
			}
			seen = e.Version
			break
		}
		if (seen+1)%size != 0 {
			t.Fatalf("a stream ends within an append, at version %d", seen)
		}
		head, err := s.Head(t.Context())
		if err != nil || head.Position.Commit()%size != 0 {
			t.Fatalf("the log ends within an append, at %s: %v", head.Position, err)
		}
	}
	group.Wait()
}

// TestNothingIsSeenBeforeItIsDurable holds the sync back: no reader sees the events, and
// the writer that lost to them does not hear of it either.
func TestNothingIsSeenBeforeItIsDurable(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("", ".log")
	s := open(t, fs)
	put(t, s, 10)
	before, err := s.Head(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	release := fs.holdSyncs()
	winner, loser := make(chan error, 1), make(chan error, 1)
	go func() {
		_, err := s.Append(t.Context(), "test", eventstore.NoStream, event(10))
		winner <- err
	}()
	<-fs.held
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		_, err := s.Append(ctx, "test", eventstore.NoStream, event(10))
		loser <- err
	}()
	if all, err := readAll(t.Context(), s); err != nil || len(all) != 1 {
		t.Fatalf("readers see %d events: %v", len(all), err)
	}
	if head, err := s.Head(t.Context()); err != nil || head != before {
		t.Fatalf("the head has moved to %s: %v", head.Position, err)
	}
	for _, err := range s.ReadStream(t.Context(), "test", eventstore.Backwards, eventstore.End) {
		t.Fatalf("the stream has an event: %v", err)
	}
	select {
	case err := <-winner:
		t.Fatalf("the winner was answered: %v", err)
	case err := <-loser:
		t.Fatalf("the loser was answered: %v", err)
	default:
	}
	release()
	if err := <-winner; err != nil {
		t.Fatal(err)
	}
	var conflict *eventstore.ConflictError
	if err := <-loser; !errors.As(err, &conflict) || conflict.Actual != 0 {
		t.Fatalf("the loser got %v", err)
	}
	cancel()
	if all, err := readAll(t.Context(), s); err != nil || len(all) != 2 {
		t.Fatalf("readers see %d events: %v", len(all), err)
	}
}
