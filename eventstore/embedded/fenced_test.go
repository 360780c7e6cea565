package embedded_test

import (
	"errors"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/storetest"
)

func TestFence(t *testing.T) {
	t.Parallel()
	storetest.RunFence(t, func(t *testing.T) func(*testing.T) eventstore.Store {
		t.Helper()
		opts := embedded.Options{Dir: t.TempDir()}
		return func(t *testing.T) eventstore.Store {
			t.Helper()
			s, err := embedded.Open(opts)
			if err != nil {
				t.Fatal(err)
			}
			return s
		}
	})
}

// TestFenceSurvivesPowerLoss fences, and cuts the power before anything else is written.
func TestFenceSurvivesPowerLoss(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("", "")
	s := open(t, fs)
	kept := put(t, s, 100)
	mark := eventstore.Fence{Reason: eventstore.FenceMove, Target: uuid.New()}
	if err := s.Fence(t.Context(), mark); err != nil {
		t.Fatal(err)
	}
	if err := s.Health(); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("health: %v", err)
	}
	again := open(t, lostPower(fs.mem(), 3))
	if got, err := again.Fenced(t.Context()); err != nil || got != mark {
		t.Fatalf("%+v, %v", got, err)
	}
	holds(t, again, []eventstore.Recorded{kept})
	if _, err := again.Append(t.Context(), "later", eventstore.NoStream, event(10)); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("got %v", err)
	}
}

// TestFenceNotWritten has no fence if it could not be made durable, and no log that takes appends either.
func TestFenceNotWritten(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("sync", ".log")
	s := open(t, fs)
	put(t, s, 100)
	fs.broken.Store(true)
	err := s.Fence(t.Context(), eventstore.Fence{Reason: eventstore.FenceArchive})
	if !errors.Is(err, eventstore.ErrReadOnly) {
		t.Fatalf("got %v", err)
	}
	if got, err := s.Fenced(t.Context()); err != nil || !got.IsZero() {
		t.Fatalf("%+v, %v", got, err)
	}
	if _, err := s.Append(t.Context(), "later", eventstore.NoStream, event(10)); !errors.Is(err, eventstore.ErrReadOnly) {
		t.Fatalf("got %v", err)
	}
}

// TestFenceDamaged refuses a fence that cannot be read: the log may have moved.
func TestFenceDamaged(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("", "")
	s := open(t, fs)
	put(t, s, 100)
	if err := s.Fence(t.Context(), eventstore.Fence{Reason: eventstore.FenceArchive}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, fs, []byte{0x01, 2}, func(b []byte) []byte { b[5] ^= 1; return b })
	if opened, err := embedded.Open(embedded.Options{Dir: dir, FS: fs}); err == nil {
		_ = opened.Close()
		t.Fatal("a damaged fence was taken for none")
	} else {
		corrupt(t, err)
	}
}
