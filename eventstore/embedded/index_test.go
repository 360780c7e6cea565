package embedded_test

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// reopened returns the same log in each state in which it may be found.
func reopened(t *testing.T, fs *vfs.MemFS, s *embedded.Store) map[string]func() *embedded.Store {
	t.Helper()
	return map[string]func() *embedded.Store{
		"still open":        func() *embedded.Store { return s },
		"after a kill":      func() *embedded.Store { return open(t, killed(fs)) },
		"after a power cut": func() *embedded.Store { return open(t, lostPower(fs, 5)) },
		"closed cleanly": func() *embedded.Store {
			copied := killed(fs)
			if err := open(t, copied).Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, copied)
		},
	}
}

// TestRepeatOfAnAppend: the whole append again is a repeat, its first events alone are not,
// even after the index was rebuilt from the log.
func TestRepeatOfAnAppend(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	e := events(5, 10)
	for _, a := range [][]eventstore.Event{e[:3], e[3:]} {
		expected := eventstore.NoStream
		if len(a) == 2 {
			expected = 2
		}
		if _, err := s.Append(t.Context(), "test", expected, a...); err != nil {
			t.Fatal(err)
		}
	}
	for name, again := range reopened(t, fs, s) {
		t.Run(name, func(t *testing.T) {
			s := again()
			if a, err := s.Append(t.Context(), "test", eventstore.NoStream, e[:3]...); err != nil || a.Version != 2 || a.Position.Commit() != 3 {
				t.Fatalf("the append repeated: %+v, %v", a, err)
			}
			for _, part := range [][]eventstore.Event{e[:1], e[:2], e[:4], e} {
				_, err := s.Append(t.Context(), "test", eventstore.NoStream, part...)
				var conflict *eventstore.ConflictError
				if !errors.As(err, &conflict) || conflict.Actual != 4 {
					t.Fatalf("%d of its events: %v, want a conflict with version 4", len(part), err)
				}
			}
		})
	}
}

// TestLongStream has more appends than fit in an index entry or in memory.
func TestLongStream(t *testing.T) {
	t.Parallel()
	const appends = 700
	fs := vfs.NewCrashableMem()
	s, err := embedded.Open(embedded.Options{Dir: dir, FS: fs, IndexAppends: 300})
	if err != nil {
		t.Fatal(err)
	}
	var want []eventstore.Event
	for n := range appends {
		e := events(1+n%2, 10)
		if _, err := s.Append(t.Context(), "test", int64(len(want))-1, e...); err != nil {
			t.Fatal(err)
		}
		want = append(want, e...)
		if n%10 == 0 {
			put(t, s, 10)
		}
	}
	for name, again := range reopened(t, fs, s) {
		t.Run(name, func(t *testing.T) {
			s := again()
			for _, from := range []int64{0, 1, 255, 256, 400, 800, int64(len(want)) - 1} {
				version := from
				for e, err := range s.ReadStream(t.Context(), "test", eventstore.Forwards, from) {
					if err != nil || e.Version != version || e.ID != want[version].ID {
						t.Fatalf("forwards from %d: version %d where %d is due: %v", from, e.Version, version, err)
					}
					version++
				}
				if version != int64(len(want)) {
					t.Fatalf("forwards from %d: ends at %d", from, version)
				}
				version = from
				for e, err := range s.ReadStream(t.Context(), "test", eventstore.Backwards, from) {
					if err != nil || e.Version != version || e.ID != want[version].ID {
						t.Fatalf("backwards from %d: version %d where %d is due: %v", from, e.Version, version, err)
					}
					version--
				}
				if version != -1 {
					t.Fatalf("backwards from %d: ends at %d", from, version)
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}
