package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

const dir = "ledger"

func open(t *testing.T, fs vfs.FS) *embedded.Store {
	t.Helper()
	s, err := embedded.Open(embedded.Options{Dir: dir, FS: fs, MemTableBytes: 2 << 20, IndexAppends: 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// rawOptions open the log's storage behind the store's back.
func rawOptions(fs vfs.FS) *pebble.Options {
	return &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatNewest, Logger: silent{}}
}

type silent struct{}

func (silent) Infof(string, ...any)              {}
func (silent) Errorf(string, ...any)             {}
func (silent) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

func event(size int) eventstore.Event {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 31)
	}
	return eventstore.Event{ID: uuid.New(), Type: "test.happened.v1", Data: data, Metadata: []byte("{}")}
}

func events(n, size int) []eventstore.Event {
	out := make([]eventstore.Event, n)
	for i := range out {
		out[i] = event(size)
	}
	return out
}

// put appends to a stream of its own.
func put(t *testing.T, s *embedded.Store, size int) eventstore.Recorded {
	t.Helper()
	e, stream := event(size), "test-"+uuid.NewString()
	a, err := s.Append(t.Context(), stream, eventstore.NoStream, e)
	if err != nil {
		t.Fatal(err)
	}
	return eventstore.Recorded{Event: e, Stream: stream, Position: a.Position}
}

// readAll reads the whole log and checks that no position is missing.
func readAll(ctx context.Context, s eventstore.Store) ([]eventstore.Recorded, error) {
	var all []eventstore.Recorded
	var after eventstore.Position
	for {
		page, err := s.ReadAll(ctx, after, 100)
		if err != nil {
			return all, err
		}
		if len(page.Events) == 0 {
			return all, nil
		}
		for _, e := range page.Events {
			if want := uint64(len(all)) + 1; e.Position.Commit() != want {
				return all, fmt.Errorf("position %s where %d was due", e.Position, want)
			}
			all = append(all, e)
		}
		after = page.Checkpoint.Position
	}
}

// holds checks that the log has these events at their positions.
func holds(t *testing.T, s eventstore.Store, want []eventstore.Recorded) {
	t.Helper()
	all, err := readAll(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range want {
		if p := w.Position.Commit(); p > uint64(len(all)) || all[p-1].ID != w.ID {
			t.Fatalf("the acknowledged event at position %d of %d is not there", p, len(all))
		}
		for e, err := range s.ReadStream(t.Context(), w.Stream, eventstore.Forwards, w.Version) {
			if err != nil || e.ID != w.ID {
				t.Fatalf("the acknowledged event at position %s is not in its stream: %v", w.Position, err)
			}
			break
		}
	}
}

// killed is the folder as it is when the process is killed: everything written is there.
func killed(fs *vfs.MemFS) *vfs.MemFS {
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 100, RNG: random(1)})
}

func corrupt(t *testing.T, err error) *eventstore.CorruptError {
	t.Helper()
	var c *eventstore.CorruptError
	if !errors.As(err, &c) {
		t.Fatalf("got %v, want damage to be reported", err)
	}
	return c
}
