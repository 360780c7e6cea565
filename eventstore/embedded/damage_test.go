package embedded_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// logFiles are the write-ahead files among the names, the newest last.
func logFiles(t *testing.T, fs vfs.FS, names []string) []string {
	t.Helper()
	var out []string
	for _, name := range names {
		if strings.HasSuffix(name, ".log") {
			out = append(out, fs.PathJoin(dir, "pebble", name))
		}
	}
	slices.Sort(out)
	return out
}

// newest is the biggest file with the suffix in Pebble's folder.
func biggest(t *testing.T, fs *vfs.MemFS, suffix string) (name string, size int64) {
	t.Helper()
	names, err := fs.List(fs.PathJoin(dir, "pebble"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if !strings.HasSuffix(n, suffix) {
			continue
		}
		path := fs.PathJoin(dir, "pebble", n)
		info, err := fs.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Size() > size {
			name, size = path, info.Size()
		}
	}
	if name == "" {
		t.Fatalf("no file %s", suffix)
	}
	return name, size
}

// flip changes one bit of a file.
func flip(t *testing.T, fs *vfs.MemFS, name string, offset int64) {
	t.Helper()
	b, err := fs.UnsafeGetFileDataBuffer(name)
	if err != nil {
		t.Fatal(err)
	}
	b[offset] ^= 0x10
}

// contents are all files of the folder, for comparison.
func contents(t *testing.T, fs *vfs.MemFS) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, folder := range []string{dir, fs.PathJoin(dir, "pebble")} {
		names, err := fs.List(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			path := fs.PathJoin(folder, name)
			if info, err := fs.Stat(path); err != nil || info.IsDir() || name == "LOCK" {
				continue
			}
			b, err := fs.UnsafeGetFileDataBuffer(path)
			if err != nil {
				t.Fatal(err)
			}
			out[path] = string(b)
		}
	}
	return out
}

// TestFlippedByteInWriteAhead damages the write-ahead file of a killed process in many
// places, including the last block, where Pebble itself takes damage for a write cut short.
func TestFlippedByteInWriteAhead(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	for range 300 {
		put(t, s, 500)
	}
	image := killed(fs)
	name, size := biggest(t, image, ".log")
	if size < 4*32<<10 {
		t.Fatalf("the write-ahead file has only %d bytes", size)
	}
	r := random(3)
	offsets := []int64{size / 2, size - 33<<10, size - 31<<10, size - 2000, size - 700, size - 50, size - 1}
	for range 30 {
		offsets = append(offsets, 200+r.Int64N(size-200))
	}
	for _, offset := range offsets {
		hurt := killed(image)
		flip(t, hurt, name, offset)
		before := contents(t, hurt)
		_, err := embedded.Open(embedded.Options{Dir: dir, FS: hurt})
		c := corrupt(t, err)
		if c.File != name || c.Offset < 0 || c.Offset > offset {
			t.Fatalf("a bit flipped at %d of %s is reported at %d of %s", offset, name, c.Offset, c.File)
		}
		for path, was := range contents(t, hurt) {
			if before[path] != was {
				t.Fatalf("a bit flipped at %d: opening changed %s", offset, path)
			}
		}
		flip(t, hurt, name, offset)
		mended := open(t, hurt)
		if all, err := readAll(t.Context(), mended); err != nil || len(all) != 300 {
			t.Fatalf("repaired, the log has %d events: %v", len(all), err)
		}
	}
}

// TestShortenedWriteAhead loses the end of the write-ahead file, or all of it.
func TestShortenedWriteAhead(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	for range 100 {
		put(t, s, 500)
	}
	image := killed(fs)
	name, size := biggest(t, image, ".log")
	whole, err := image.UnsafeGetFileDataBuffer(name)
	if err != nil {
		t.Fatal(err)
	}
	for _, keep := range []int64{size - 1, size - 600, size / 2, 0} {
		hurt := killed(image)
		file, err := hurt.Create(name, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(slices.Clone(whole[:keep])); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := embedded.Open(embedded.Options{Dir: dir, FS: hurt}); err == nil {
			t.Fatalf("a write-ahead file cut from %d to %d bytes is not reported", size, keep)
		}
	}
}

// TestTornTail leaves the start of a write that was never acknowledged at the
// end of the write-ahead file: the log opens and has everything.
func TestTornTail(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	var acknowledged []eventstore.Recorded
	for range 100 {
		acknowledged = append(acknowledged, put(t, s, 500))
	}
	image := killed(fs)
	before, size := biggest(t, image, ".log")
	put(t, s, 3000)
	put(t, s, 3000)
	later, longer := biggest(t, killed(fs), ".log")
	if later != before || longer <= size {
		t.Fatal("the write-ahead file has not grown")
	}
	whole, err := fs.UnsafeGetFileDataBuffer(before)
	if err != nil {
		t.Fatal(err)
	}
	for cut := size + 1; cut < longer; cut += 401 {
		torn := killed(image)
		file, err := torn.Create(before, vfs.WriteCategoryUnspecified)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(slices.Clone(whole[:cut])); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		again := open(t, torn)
		holds(t, again, acknowledged)
		put(t, again, 100)
	}
}

// TestFlippedByteInSortedFile damages a file that holds events; reads report it
// and do not stop short.
func TestFlippedByteInSortedFile(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, fs)
	for range 400 {
		put(t, s, 500)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	name, size := biggest(t, fs, ".sst")
	for _, offset := range []int64{100, size / 4, size / 2} {
		hurt := killed(fs)
		flip(t, hurt, name, offset)
		s, err := embedded.Open(embedded.Options{Dir: dir, FS: hurt})
		if err == nil {
			_, err = readAll(t.Context(), s)
			if closed := s.Close(); closed != nil {
				t.Logf("close: %v", closed)
			}
		}
		if c := corrupt(t, err); c.File != name {
			t.Fatalf("damage of %s is reported for %s", name, c.File)
		}
	}
}
