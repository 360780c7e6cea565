package embedded_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// powerFS is a file system that can lose power before any of its writes and syncs. Syncs of files whose
// names end in one of unsynced do nothing.
type powerFS struct {
	vfs.FS
	before   func()
	unsynced []string
}

func (f *powerFS) file(name string, file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	skips := false
	for _, suffix := range f.unsynced {
		skips = skips || strings.HasSuffix(name, suffix)
	}
	return &powerFile{file, f, skips}, nil
}

func (f *powerFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f.before()
	file, err := f.FS.Create(name, c)
	return f.file(name, file, err)
}

func (f *powerFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f.before()
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return f.file(newname, file, err)
}

func (f *powerFS) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	return f.file(name, file, err)
}

func (f *powerFS) Rename(oldname, newname string) error {
	f.before()
	return f.FS.Rename(oldname, newname)
}

func (f *powerFS) Remove(name string) error {
	f.before()
	return f.FS.Remove(name)
}

func (f *powerFS) Unwrap() vfs.FS { return f.FS }

type powerFile struct {
	vfs.File
	fs    *powerFS
	skips bool
}

func (f *powerFile) Write(p []byte) (int, error) {
	f.fs.before()
	return f.File.Write(p)
}

func (f *powerFile) Sync() error {
	f.fs.before()
	if f.skips {
		return nil
	}
	return f.File.Sync()
}

func (f *powerFile) SyncData() error {
	f.fs.before()
	if f.skips {
		return nil
	}
	return f.File.SyncData()
}

func (f *powerFile) SyncTo(length int64) (bool, error) {
	f.fs.before()
	if f.skips {
		return false, nil
	}
	return f.File.SyncTo(length)
}

// TestLossOfPowerAnywhere cuts the power between any two steps of the store: what was acknowledged is there, in
// order and under its versions, and of an append under way all events or none.
func TestLossOfPowerAnywhere(t *testing.T) {
	t.Parallel()
	if err := losePower(t); err != nil {
		t.Error(err)
	}
}

// TestLossOfPowerWithoutSync is the control: a store that does not wait for its write-ahead file to be on the
// disk, as with pebble.NoSync, must lose what it acknowledged.
func TestLossOfPowerWithoutSync(t *testing.T) {
	t.Parallel()
	err := losePower(t, ".log")
	if err == nil {
		t.Fatal("nothing was lost although nothing was synced")
	}
	t.Logf("lost, as it must be: %.200v", err)
}

// appender appends batches to a stream of its own and records how many events there were after each.
type appender struct {
	stream string

	mu    sync.Mutex
	ends  []int // how many events there are after each append that was sent
	acked int   // how many appends were acknowledged
	ids   []uuid.UUID
}

func (a *appender) run(ctx context.Context, s *embedded.Store, appends int) error {
	for n := range appends {
		size := 300
		if n%25 == 7 {
			size = 80 << 10 // so that Pebble begins new files now and then
		}
		batch := events(1+n%4, size/(1+n%4))
		a.mu.Lock()
		expected := int64(len(a.ids)) - 1
		for _, e := range batch {
			a.ids = append(a.ids, e.ID)
		}
		a.ends = append(a.ends, len(a.ids))
		a.mu.Unlock()
		if _, err := s.Append(ctx, a.stream, expected, batch...); err != nil {
			return err
		}
		a.mu.Lock()
		a.acked++
		a.mu.Unlock()
	}
	return nil
}

// told is how many events were acknowledged to the appender.
func (a *appender) told() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.acked == 0 {
		return 0
	}
	return a.ends[a.acked-1]
}

// losePower lets many append while the power fails, repeatedly, and returns what was lost.
func losePower(t *testing.T, unsynced ...string) error {
	t.Helper()
	const images, workers = 16, 6
	type image struct {
		fs   *vfs.MemFS
		told [workers]int
	}
	var appenders [workers]*appender
	for i := range appenders {
		appenders[i] = &appender{stream: fmt.Sprintf("test-%d", i)}
	}
	mem := vfs.NewCrashableMem()
	var mu sync.Mutex
	var lost []image
	ops, next, r := 0, 1, random(31)
	s := open(t, &powerFS{FS: mem, unsynced: unsynced, before: func() {
		mu.Lock()
		defer mu.Unlock()
		if ops++; ops < next || len(lost) == images {
			return
		}
		next = ops + 1 + r.IntN(25)
		var i image
		for n, a := range appenders {
			i.told[n] = a.told()
		}
		i.fs = lostPower(mem, uint64(len(lost)))
		lost = append(lost, i)
	}})
	var all sync.WaitGroup
	for _, a := range appenders {
		all.Go(func() {
			if err := a.run(t.Context(), s, 70); err != nil {
				t.Errorf("append: %v", err)
			}
		})
	}
	all.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(lost) < images/2 {
		t.Fatalf("the power failed only %d times", len(lost))
	}
	for n, i := range lost {
		if err := intact(t.Context(), i.fs, appenders[:], i.told[:]); err != nil {
			return fmt.Errorf("loss %d: %w", n, err)
		}
	}
	return nil
}

// intact opens what a loss of power left and compares every stream with what its appender sent and what was acknowledged.
func intact(ctx context.Context, fs *vfs.MemFS, appenders []*appender, told []int) error {
	s, err := embedded.Open(embedded.Options{Dir: dir, FS: fs, MemTableBytes: 2 << 20, IndexAppends: 20})
	if err != nil {
		return fmt.Errorf("the log does not open: %w", err)
	}
	defer func() { _ = s.Close() }()
	if _, err := readAll(ctx, s); err != nil {
		return err
	}
	for i, a := range appenders {
		n := 0
		for e, err := range s.ReadStream(ctx, a.stream, eventstore.Forwards, eventstore.Start) {
			if err != nil {
				return err
			}
			if e.Version != int64(n) || n >= len(a.ids) || e.ID != a.ids[n] {
				return fmt.Errorf("%s: wrong event at version %d", a.stream, n)
			}
			n++
		}
		whole := n == 0
		for _, end := range a.ends {
			whole = whole || end == n
		}
		if n < told[i] || !whole {
			return fmt.Errorf("%s: %d events, %d were acknowledged; appends are whole: %t", a.stream, n, told[i], whole)
		}
	}
	_, err = s.Append(ctx, "test-after", eventstore.NoStream, event(10))
	return err
}
