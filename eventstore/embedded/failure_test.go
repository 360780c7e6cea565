package embedded_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// TestFailedWrite makes one kind of write fail. The store must report it to every caller, stay
// readable, acknowledge nothing more, and be whole when it is reopened.
func TestFailedWrite(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]struct {
		op, suffix string
		rotate     bool // needs so many bytes that Pebble begins new files
	}{
		"sync of the write-ahead file":          {"sync", ".log", false},
		"write to the write-ahead file":         {"write", ".log", false},
		"creating the next write-ahead file":    {"create", ".log", true},
		"creating a sorted file":                {"create", ".sst", true},
		"write to a sorted file":                {"write", ".sst", true},
		"sync of a sorted file":                 {"sync", ".sst", true},
		"write to the manifest":                 {"write", "MANIFEST", true},
		"sync of the manifest":                  {"sync", "MANIFEST", true},
		"sync of the folder":                    {"sync", "pebble", true},
		"write to the file of acknowledgements": {"write", "acknowledged", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fs := newFaultFS(fault.op, fault.suffix)
			s := open(t, fs)
			var acknowledged []eventstore.Recorded
			for range 20 {
				acknowledged = append(acknowledged, put(t, s, 100))
			}
			fs.broken.Store(true)
			size := 100
			if fault.rotate {
				size = 60 << 10
			}
			more, err := untilFailure(t.Context(), s, size)
			acknowledged = append(acknowledged, more...)
			checkFailed(t, s, err, acknowledged)
			fs.broken.Store(false)
			if _, err := s.Append(t.Context(), "later", eventstore.NoStream, event(10)); !errors.Is(err, eventstore.ErrReadOnly) {
				t.Fatalf("an append after the failure: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			for _, image := range []struct {
				name string
				open func(*testing.T) *embedded.Store
			}{
				{"same files", func(t *testing.T) *embedded.Store { t.Helper(); return open(t, fs) }},
				{"after a loss of power", func(t *testing.T) *embedded.Store { t.Helper(); return open(t, lostPower(fs.mem(), 7)) }},
			} {
				t.Run(image.name, func(t *testing.T) {
					again := image.open(t)
					holds(t, again, acknowledged)
					put(t, again, 100)
				})
			}
		})
	}
}

// untilFailure appends until the store refuses and returns what it acknowledged.
func untilFailure(ctx context.Context, s *embedded.Store, size int) ([]eventstore.Recorded, error) {
	var acknowledged []eventstore.Recorded
	for range 400 {
		e, stream := event(size), "test-"+uuid.NewString()
		a, err := s.Append(ctx, stream, eventstore.NoStream, e)
		if err != nil {
			return acknowledged, err
		}
		acknowledged = append(acknowledged, eventstore.Recorded{Event: e, Stream: stream, Position: a.Position})
	}
	return acknowledged, nil
}

func checkFailed(t *testing.T, s *embedded.Store, err error, acknowledged []eventstore.Recorded) {
	t.Helper()
	if !errors.Is(err, eventstore.ErrReadOnly) {
		t.Fatalf("the append that met the failure: %v", err)
	}
	if err := s.Health(); !errors.Is(err, eventstore.ErrReadOnly) || !s.Stats().Latched {
		t.Fatalf("health: %v", err)
	}
	holds(t, s, acknowledged)
	all, err := readAll(t.Context(), s)
	if err != nil || len(all) != len(acknowledged) {
		t.Fatalf("readers see %d events, %d were acknowledged: %v", len(all), len(acknowledged), err)
	}
	head, err := s.Head(t.Context())
	if err != nil || head.Position.Commit() != uint64(len(all)) {
		t.Fatalf("the head is at %s: %v", head.Position, err)
	}
}

// TestFailedSyncOfManyAppends has several appends wait for the sync that fails: none
// gets a success, and each gets an unknown outcome.
func TestFailedSyncOfManyAppends(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("sync", ".log")
	s := open(t, fs)
	put(t, s, 10)
	release := fs.holdSyncs()
	errs := make(chan error)
	const first = 8
	send := func(stream string) {
		_, err := s.Append(context.Background(), stream, eventstore.NoStream, event(10))
		errs <- err
	}
	for range first {
		go send("test-" + uuid.NewString())
	}
	<-fs.held
	fs.broken.Store(true)
	release()
	for range first {
		if err := <-errs; !errors.Is(err, eventstore.ErrReadOnly) {
			t.Fatalf("an append got %v", err)
		}
	}
	if all, err := readAll(t.Context(), s); err != nil || len(all) != 1 {
		t.Fatalf("readers see %d events: %v", len(all), err)
	}
}

// TestUnknownOutcomeOfFailedSync: the caller whose events were on their way to the disk
// must not learn that nothing was appended.
func TestUnknownOutcomeOfFailedSync(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("sync", ".log")
	s := open(t, fs)
	first := put(t, s, 10)
	fs.broken.Store(true)
	_, err := s.Append(t.Context(), first.Stream, 0, event(10))
	if !errors.Is(err, eventstore.ErrUnknownOutcome) || !errors.Is(err, eventstore.ErrReadOnly) {
		t.Fatalf("the append whose sync failed: %v", err)
	}
	_, err = s.Append(t.Context(), first.Stream, 0, event(10))
	if errors.Is(err, eventstore.ErrUnknownOutcome) || !errors.Is(err, eventstore.ErrReadOnly) {
		t.Fatalf("the append after it: %v", err)
	}
}

// TestContextEndsWhileSyncing: an append under way is unknown, one still waiting is withdrawn.
func TestContextEndsWhileSyncing(t *testing.T) {
	t.Parallel()
	fs := newFaultFS("", ".log")
	s := open(t, fs)
	release := fs.holdSyncs()
	ctx, cancel := context.WithCancel(t.Context())
	streams := make([]string, 6)
	results := make([]chan error, len(streams))
	for i := range streams {
		streams[i], results[i] = "test-"+uuid.NewString(), make(chan error, 1)
		go func() {
			_, err := s.Append(ctx, streams[i], eventstore.NoStream, event(10))
			results[i] <- err
		}()
		if i == 0 {
			<-fs.held // the first is under way, and nothing moves until the release
		}
	}
	cancel()
	var outcomes []error
	for _, result := range results {
		outcomes = append(outcomes, <-result)
	}
	release()
	for i, err := range outcomes {
		if !errors.Is(err, context.Canceled) {
			t.Fatalf("append %d: %v", i, err)
		}
		if i == 0 && !errors.Is(err, eventstore.ErrUnknownOutcome) {
			t.Fatalf("the append under way: %v", err)
		}
		_, err := s.Append(t.Context(), streams[i], eventstore.NoStream, event(10))
		var conflict *eventstore.ConflictError
		known := !errors.Is(outcomes[i], eventstore.ErrUnknownOutcome)
		if known && err != nil {
			t.Fatalf("the withdrawn append %d is there: %v", i, err)
		}
		if !known && !errors.As(err, &conflict) {
			t.Fatalf("the append %d under way was carried out, and another took its place: %v", i, err)
		}
	}
}
