package embedded_test

import (
	"errors"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

func TestSecondOpenIsRefused(t *testing.T) {
	t.Parallel()
	for name, fs := range map[string]vfs.FS{"in memory": vfs.NewMem(), "on disk": vfs.Default} {
		t.Run(name, func(t *testing.T) {
			opts := embedded.Options{Dir: t.TempDir(), FS: fs}
			s, err := embedded.Open(opts)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := embedded.Open(opts); !errors.Is(err, embedded.ErrLocked) {
				t.Fatalf("a second open: %v", err)
			}
			put(t, s, 10)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if s, err = embedded.Open(opts); err != nil {
				t.Fatalf("after the close: %v", err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestReserve(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	fs.TestingSetDiskUsage(vfs.DiskUsage{AvailBytes: 999, TotalBytes: 10_000})
	for _, c := range []struct {
		reserve int64
		want    error
	}{{1000, eventstore.ErrNoSpace}, {999, nil}, {-1, nil}, {0, eventstore.ErrNoSpace}} {
		s, err := embedded.Open(embedded.Options{Dir: dir, FS: fs, ReserveBytes: c.reserve})
		if err != nil {
			t.Fatal(err)
		}
		_, err = s.Append(t.Context(), "test", eventstore.NoStream, eventstore.Event{ID: [16]byte{1}, Type: "a"})
		if !errors.Is(err, c.want) || (c.want == nil && err != nil) {
			t.Fatalf("with a reserve of %d the append returned %v", c.reserve, err)
		}
		if health := s.Health(); !errors.Is(health, c.want) || (c.want == nil && health != nil) {
			t.Fatalf("with a reserve of %d the store's health is %v", c.reserve, health)
		}
		if _, err := readAll(t.Context(), s); err != nil {
			t.Fatalf("read: %v", err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// edit changes what is stored under a key, behind the store's back.
func edit(t *testing.T, fs vfs.FS, key []byte, change func([]byte) []byte) {
	t.Helper()
	db, err := pebble.Open(fs.PathJoin(dir, "pebble"), rawOptions(fs))
	if err != nil {
		t.Fatal(err)
	}
	value, closer, err := db.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	changed := change(append([]byte(nil), value...))
	if err := errors.Join(closer.Close(), db.Set(key, changed, pebble.Sync), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestNewerFormatIsRefused(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	if err := open(t, fs).Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, fs, []byte{1}, func(b []byte) []byte { b[3]++; return b })
	if _, err := embedded.Open(embedded.Options{Dir: dir, FS: fs}); !errors.Is(err, embedded.ErrNewerFormat) {
		t.Fatalf("a newer format: %v", err)
	}
}

func TestDamagedRecordAboutTheLog(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	if err := open(t, fs).Close(); err != nil {
		t.Fatal(err)
	}
	edit(t, fs, []byte{1}, func(b []byte) []byte { b[7] ^= 1; return b })
	_, err := embedded.Open(embedded.Options{Dir: dir, FS: fs})
	corrupt(t, err)
}
