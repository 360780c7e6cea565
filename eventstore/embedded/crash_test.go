package embedded_test

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

func random(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, seed)) }

// lostPower is the folder after a loss of power: some of what was not synced is gone.
func lostPower(fs *vfs.MemFS, seed uint64) *vfs.MemFS {
	r := random(seed)
	return fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: r.IntN(101), RNG: r})
}

// crashes takes images of the folder after losses of power, at moments
// during the appends of many writers.
type crashes struct {
	mu           sync.Mutex
	fs           *vfs.MemFS
	acknowledged []eventstore.Recorded
	images       []image
	want         int
}

type image struct {
	fs           *vfs.MemFS
	acknowledged int // how many of the events were acknowledged before
}

// add records acknowledged events; false when there are enough images.
func (c *crashes) add(events []eventstore.Recorded) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.acknowledged = append(c.acknowledged, events...)
	if n := len(c.images); n < c.want && len(c.acknowledged) > (n+1)*120 {
		c.images = append(c.images, image{lostPower(c.fs, uint64(n)), len(c.acknowledged)})
	}
	return len(c.images) < c.want
}

// appendOn appends to one stream until there are enough images.
func (c *crashes) appendOn(ctx context.Context, s *embedded.Store, w int) error {
	stream, expected := "test-"+uuid.NewString(), eventstore.NoStream
	for n := 0; ; n++ {
		size := 200
		if (n+w)%40 == 0 {
			size = 60 << 10 // so that Pebble begins new files now and then
		}
		batch := events(1+n%3, size/(1+n%3))
		a, err := s.Append(ctx, stream, expected, batch...)
		if err != nil {
			return err
		}
		done := make([]eventstore.Recorded, len(batch))
		for i, e := range batch {
			p := a.Position.Commit() - uint64(len(batch)-1-i)
			done[i] = eventstore.Recorded{Event: e, Stream: stream, Version: expected + 1 + int64(i), Position: eventstore.NewPosition(p, p)}
		}
		if !c.add(done) {
			return nil
		}
		expected = a.Version
	}
}

// TestCrashKeepsAcknowledged cuts the power while several write, and opens what is
// left: everything acknowledged before is there, in a log without gaps.
func TestCrashKeepsAcknowledged(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	c := &crashes{fs: fs, want: 10}
	var group sync.WaitGroup
	for w := range 8 {
		group.Add(1)
		go func() {
			defer group.Done()
			if err := c.appendOn(t.Context(), s, w); err != nil {
				t.Errorf("append: %v", err)
			}
		}()
	}
	group.Wait()
	for _, i := range c.images {
		again := open(t, i.fs)
		holds(t, again, c.acknowledged[:i.acknowledged])
		put(t, again, 100)
	}
}

// TestKillKeepsEverything kills the process, which keeps what was written: the next start
// has every event, under the same id, and continues where this one was.
func TestKillKeepsEverything(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	var acknowledged []eventstore.Recorded
	for range 200 {
		acknowledged = append(acknowledged, put(t, s, 300))
	}
	id, err := s.LogID(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	image := killed(fs)
	for range 3 { // opened, and killed again
		again := open(t, image)
		holds(t, again, acknowledged)
		if got, err := again.LogID(t.Context()); err != nil || got != id {
			t.Fatalf("log id %s, was %s: %v", got, id, err)
		}
		next := put(t, again, 100)
		if want := uint64(len(acknowledged)) + 1; next.Position.Commit() != want {
			t.Fatalf("the next event is at %s, not %d", next.Position, want)
		}
		acknowledged = append(acknowledged, next)
		image = killed(image)
	}
}

// TestReopen closes cleanly: there is nothing to replay, and nothing is lost.
func TestReopen(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	var acknowledged []eventstore.Recorded
	for range 4 {
		s := open(t, fs)
		holds(t, s, acknowledged)
		for range 50 {
			acknowledged = append(acknowledged, put(t, s, 300))
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		names, err := fs.List(fs.PathJoin(dir, "pebble"))
		if err != nil {
			t.Fatal(err)
		}
		logs := logFiles(t, fs, names)
		info, err := fs.Stat(logs[len(logs)-1])
		if err != nil {
			t.Fatal(err)
		}
		if size := info.Size(); size > 100 {
			t.Fatalf("after a clean close the newest write-ahead file has %d bytes", size)
		}
	}
}
