package disk

import (
	"errors"
	"io/fs"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Op is an operation on a file by SQLite.
type Op string

// Operations.
const (
	Open     Op = "open" // of a file that does not exist yet
	Write    Op = "write"
	Truncate Op = "truncate"
	Sync     Op = "sync"
	Delete   Op = "delete"
)

// Disk is the disk under the SQLite files of one folder.
type Disk struct {
	dir string

	mu      sync.Mutex
	files   map[string]*file // by path
	ops     int
	watch   func(op int)
	faults  map[Op]fault
	hits    int
	ignores *string // the suffix of the files whose syncs do nothing
	kept    int     // syncs that were carried out
}

type fault struct {
	part string
	code int32
}

// Under puts a disk under the folder until the test ends. SQLite files that already exist are durable.
// Call it before anything in the folder is opened.
func Under(t testing.TB, dir string) *Disk {
	t.Helper()
	resolved, err := filepath.EvalSymlinks(dir)
	if err != nil {
		t.Fatal(err)
	}
	d := &Disk{dir: resolved, files: map[string]*file{}, faults: map[Op]fault{}}
	if err := shim.add(d); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shim.remove(d) })
	return d
}

// Dir is the folder.
func (d *Disk) Dir() string { return d.dir }

// Watch calls see after each operation on a file, with its number, on the goroutine that does it, in
// the middle of the operation's caller. nil ends it.
func (d *Disk) Watch(see func(op int)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.watch = see
}

// IgnoreSyncs makes syncs of the files whose names end in suffix do nothing from now on and report
// success, which to the files is the same as a program that does not sync.
func (d *Disk) IgnoreSyncs(suffix string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ignores = &suffix
}

func (d *Disk) ignored(path string) bool {
	return d.ignores != nil && strings.HasSuffix(path, *d.ignores)
}

// Fail makes an operation on the files whose names contain part fail with an SQLite result code, until Mend.
// What a failed sync was to make durable never becomes durable unless it is written again, as on
// Linux.
func (d *Disk) Fail(op Op, part string, code int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults[op] = fault{part, code}
}

// Failed is how many failures there were since the disk was created.
func (d *Disk) Failed() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hits
}

// Mend ends all failures, and returns how many there were since the disk was created.
func (d *Disk) Mend() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	clear(d.faults)
	return d.hits
}

// Syncs is how many syncs were carried out.
func (d *Disk) Syncs() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.kept
}

// Cut writes to a new folder what a loss of power at this moment would leave. The seed decides what
// happens to unsynced changes, in the same way for the same changes. Files that are not SQLite's are copied unchanged.
func (d *Disk) Cut(to string, seed uint64) error {
	r := rand.New(rand.NewPCG(seed, seed)) // a test repeats it by its seed
	keep := r.Float64()
	if seed%4 == 0 {
		keep = 0 // nothing unsynced
	}
	return d.cut(to, func(f *file) ([]byte, bool) { return f.lost(r, keep) })
}

// CutLeaving is Cut with nothing left to chance: of each file's unsynced changes, exactly those that
// the survivors name are there.
func (d *Disk) CutLeaving(to string, s Survivors) error {
	return d.cut(to, func(f *file) ([]byte, bool) { return f.left(s) })
}

// cut writes what left returns for each of SQLite's files, in name order, and copies the others.
func (d *Disk) cut(to string, left func(*file) ([]byte, bool)) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	err := filepath.WalkDir(d.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(path, d.dir))
		switch {
		case entry.IsDir():
			return os.MkdirAll(target, 0o700)
		case d.files[path] != nil || strings.HasSuffix(path, "-shm") || !entry.Type().IsRegular():
			return nil
		}
		data, err := os.ReadFile(path) // a test's own file
		if err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o600) // in a test's own folder
	})
	for _, path := range slices.Sorted(maps.Keys(d.files)) {
		if data, there := left(d.files[path]); there {
			err = errors.Join(err, os.WriteFile(filepath.Join(to, strings.TrimPrefix(path, d.dir)), data, 0o600))
		}
	}
	return err
}

// opened records that a file is being opened.
func (d *Disk) opened(path string) (*file, int32) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f := d.files[path]
	if f != nil && !f.gone {
		return f, 0
	}
	old := f
	f, err := adopt(path)
	if err != nil {
		return nil, cannotOpen
	}
	if !f.named {
		if code := d.failure(Open, path); code != 0 {
			return nil, code
		}
	}
	f.before = old
	d.files[path] = f
	return f, 0
}

// failure counts an operation and returns the code it is to fail with, 0 for none.
func (d *Disk) failure(op Op, path string) int32 {
	d.ops++
	if fault, broken := d.faults[op]; broken && strings.Contains(filepath.Base(path), fault.part) {
		d.hits++
		return fault.code
	}
	return 0
}

// after calls the test's Watch function, without the lock.
func (d *Disk) after() {
	d.mu.Lock()
	see, op := d.watch, d.ops
	d.mu.Unlock()
	if see != nil {
		see(op)
	}
}

// change changes a file, unless that is to fail: first do, on the real file, then c is recorded.
func (d *Disk) change(op Op, path string, f *file, c change, do func() int32) int32 {
	defer d.after()
	d.mu.Lock()
	defer d.mu.Unlock()
	if code := d.failure(op, path); code != 0 {
		return code
	}
	code := do()
	if code == 0 {
		f.pending = append(f.pending, c)
	}
	return code
}

// synced makes a file durable. The real one is not synced: it never loses power.
func (d *Disk) synced(path string, f *file) int32 {
	defer d.after()
	d.mu.Lock()
	defer d.mu.Unlock()
	if code := d.failure(Sync, path); code != 0 {
		f.pending = nil
		return code
	}
	if !d.ignored(path) {
		if !f.named { // SQLite syncs the folder with the first sync of a file that it created
			d.syncFolder(filepath.Dir(path))
		}
		f.sync()
		d.kept++
	}
	return 0
}

// syncFolder makes the entries of a folder durable, including deletions.
func (d *Disk) syncFolder(dir string) {
	for path, f := range d.files {
		switch {
		case filepath.Dir(path) != dir:
		case f.gone:
			delete(d.files, path)
		default:
			f.named, f.before = true, nil
		}
	}
}

// deleted deletes a file, durably if SQLite asks for it.
func (d *Disk) deleted(path string, durably bool, do func() int32) int32 {
	defer d.after()
	d.mu.Lock()
	defer d.mu.Unlock()
	if code := d.failure(Delete, path); code != 0 {
		return code
	}
	code := do()
	f := d.files[path]
	if code != 0 || f == nil {
		return code
	}
	f.gone = true
	if durably && !d.ignored(path) {
		d.syncFolder(filepath.Dir(path))
	}
	return code
}
