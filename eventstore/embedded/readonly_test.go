package embedded_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

func openReadOnly(t *testing.T, opts embedded.Options) *embedded.Reader {
	t.Helper()
	r, err := embedded.OpenReadOnly(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// TestReadOnly reads a log that was closed, and one whose process was killed, through two readers at once: everything is there, and
// no file has changed afterwards.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	mem := vfs.NewCrashableMem()
	s := open(t, mem)
	var acknowledged []eventstore.Recorded
	for n := range 300 {
		acknowledged = append(acknowledged, put(t, s, 300+n%7*9000))
	}
	id, err := s.LogID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	killed := killed(mem)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, mem := range map[string]*vfs.MemFS{"killed": killed, "closed": mem} {
		t.Run(name, func(t *testing.T) {
			before := contents(t, mem)
			for range 2 {
				r := openReadOnly(t, embedded.Options{Dir: dir, FS: mem, MemTableBytes: 2 << 20, IndexAppends: 20})
				holds(t, r, acknowledged)
				if got, err := r.LogID(t.Context()); err != nil || got != id {
					t.Errorf("log id %s, was %s: %v", got, id, err)
				}
				head, err := r.Head(t.Context())
				if err != nil || head.Event != acknowledged[len(acknowledged)-1].ID {
					t.Errorf("head %v: %v", head, err)
				}
			}
			if now := contents(t, mem); !maps.Equal(now, before) {
				t.Errorf("files are %v, were %v", slices.Sorted(maps.Keys(now)), slices.Sorted(maps.Keys(before)))
			}
		})
	}
	s = open(t, killed) // and it can be opened for writing afterwards
	holds(t, s, acknowledged)
}

// TestReadOnlyTakesNothing: every change is refused immediately, and a fence is reported.
func TestReadOnlyTakesNothing(t *testing.T) {
	t.Parallel()
	mem := vfs.NewMem()
	s := open(t, mem)
	put(t, s, 10)
	fence := eventstore.Fence{Reason: eventstore.FenceArchive}
	for _, err := range []error{s.Fence(t.Context(), fence), s.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	r := openReadOnly(t, embedded.Options{Dir: dir, FS: mem, ReserveBytes: -1})
	_, err := r.Append(t.Context(), "test-1", eventstore.NoStream, event(10))
	done, ordered := r.AppendInOrder(t.Context(), eventstore.Batch{Stream: "test-1", Expected: eventstore.NoStream, Events: events(1, 10)})
	for what, err := range map[string]error{"append": err, "append in order": ordered, "fence": r.Fence(t.Context(), fence), "unfence": r.Unfence(t.Context())} {
		if !errors.Is(err, embedded.ErrReading) || !errors.Is(err, eventstore.ErrReadOnly) || len(done) != 0 {
			t.Errorf("%s: %v", what, err)
		}
	}
	if stands, err := r.Fenced(t.Context()); err != nil || stands != fence {
		t.Errorf("%v %v", stands, err)
	}
	if err := r.Health(); !errors.Is(err, eventstore.ErrFenced) {
		t.Errorf("%v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := r.ReadAll(t.Context(), eventstore.Position{}, 1); !errors.Is(err, eventstore.ErrClosed) {
		t.Errorf("after the close: %v", err)
	}
}

// TestReadOnlyFindsWhatIsMissing: damage that Open refuses is refused here too.
func TestReadOnlyFindsWhatIsMissing(t *testing.T) {
	t.Parallel()
	mem := vfs.NewCrashableMem()
	s := open(t, mem)
	for range 50 {
		put(t, s, 500)
	}
	image := killed(mem)
	name, size := biggest(t, image, ".log")
	flip(t, image, name, size/2)
	before := contents(t, image)
	_, err := embedded.OpenReadOnly(embedded.Options{Dir: dir, FS: image})
	if c := corrupt(t, err); c.File != name {
		t.Errorf("%v", c)
	}
	if !maps.Equal(contents(t, image), before) {
		t.Error("files were changed")
	}
}

// TestReadersAndAWriter: on disk, readers exclude a writer and vice versa, even in one process, and nothing is
// created in the folder.
func TestReadersAndAWriter(t *testing.T) {
	t.Parallel()
	opts := embedded.Options{Dir: filepath.Join(t.TempDir(), "log"), ReserveBytes: -1}
	if _, err := embedded.OpenReadOnly(opts); !errors.Is(err, embedded.ErrMissing) {
		t.Errorf("of no folder: %v", err)
	}
	s, err := embedded.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	put(t, s, 10)
	for range 2 {
		if _, err := embedded.OpenReadOnly(opts); !errors.Is(err, embedded.ErrLocked) {
			t.Errorf("a reader beside a writer: %v", err)
		}
	}
	put(t, s, 10)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(opts.Dir, "pebble", "LOCK")); err != nil {
		t.Fatal(err)
	}
	before := times(t, opts.Dir)
	for range 2 {
		openReadOnly(t, opts)
	}
	if _, err := embedded.Open(opts); !errors.Is(err, embedded.ErrLocked) {
		t.Errorf("a writer beside readers: %v", err)
	}
	if now := times(t, opts.Dir); !maps.Equal(now, before) {
		t.Errorf("%v, was %v", now, before)
	}
}

// times are those at which what is in a folder was changed.
func times(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	all := map[string]time.Time{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		all[path] = info.ModTime()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
