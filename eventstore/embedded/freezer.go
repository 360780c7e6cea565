package embedded

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// errFrozen is returned by an operation on files after one has failed.
var errFrozen = errors.New("embedded: the files are frozen after a failed write")

// freezer is the file system that Pebble works on. The first operation that
// fails to change a file freezes them all, as if the machine had stopped at
// that moment: nothing is written, renamed or removed after it, so the disk
// keeps the state that recovery expects. Reads go on.
//
// It exists because Pebble handles such a failure badly: with a
// Logger whose Fatalf returns, a synced write reports success after a failed
// fsync, and when it cannot create a new write-ahead file it unlocks a mutex
// that it does not hold, which ends the process. So Pebble never learns of it.
// On its write-ahead files every operation after the freeze reports success and
// does nothing; elsewhere the goroutine, one of Pebble's own for flushing or
// compaction, never returns. fault is called before either happens, so that
// no false success is ever reported.
type freezer struct {
	vfs.FS
	fault  func(error)
	armed  atomic.Bool // until then errors are passed on: Open handles them
	frozen atomic.Bool
	// gate is held for reading during a change, so that seal can wait for all changes.
	gate sync.RWMutex
}

func newFreezer(fs vfs.FS, fault func(error)) *freezer { return &freezer{FS: fs, fault: fault} }

// freeze stops all further changes.
func (f *freezer) freeze() { f.frozen.Store(true) }

// seal freezes and waits for changes under way; after it Pebble
// cannot touch the folder.
func (f *freezer) seal() {
	f.freeze()
	f.gate.Lock()
	defer f.gate.Unlock()
}

// change runs an operation that changes a file other than a write-ahead file.
func (f *freezer) change(op func() error) error {
	err := f.guarded(op)
	if err == nil {
		return nil
	}
	if errors.Is(err, errFrozen) && f.armed.Load() {
		select {} // the process runs on without this goroutine until it is restarted
	}
	return err
}

// changeLog does the same for a write-ahead file: after the freeze it reports success.
func (f *freezer) changeLog(op func() error) error {
	err := f.guarded(op)
	if errors.Is(err, errFrozen) && f.armed.Load() {
		return nil
	}
	return err
}

func (f *freezer) guarded(op func() error) error {
	f.gate.RLock()
	defer f.gate.RUnlock()
	if f.frozen.Load() {
		return errFrozen
	}
	err := op()
	if err == nil || !f.armed.Load() {
		return err
	}
	// A caller that gets a success first asks whether there was a fault, so the fault is
	// recorded before anything pretends to succeed.
	f.fault(err)
	f.freeze()
	return errFrozen
}

// isLog reports whether a name is one of Pebble's write-ahead files.
func isLog(name string) bool { return strings.HasSuffix(name, ".log") }

// open runs an operation that opens a file for writing.
func (f *freezer) open(name string, op func() (vfs.File, error)) (vfs.File, error) {
	var file vfs.File
	do := f.change
	if isLog(name) {
		do = f.changeLog
	}
	if err := do(func() (err error) { file, err = op(); return err }); err != nil {
		return nil, err
	}
	if file == nil {
		// A write-ahead file that could not be created: what is written to it is discarded.
		file = vfs.NewMemFile(nil)
	}
	return &freezerFile{File: file, freezer: f, do: do}, nil
}

// Create implements vfs.FS.
func (f *freezer) Create(name string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(name, func() (vfs.File, error) { return f.FS.Create(name, category) })
}

// OpenReadWrite implements vfs.FS.
func (f *freezer) OpenReadWrite(name string, category vfs.DiskWriteCategory, opts ...vfs.OpenOption) (vfs.File, error) {
	return f.open(name, func() (vfs.File, error) { return f.FS.OpenReadWrite(name, category, opts...) })
}

// ReuseForWrite implements vfs.FS.
func (f *freezer) ReuseForWrite(oldname, newname string, category vfs.DiskWriteCategory) (vfs.File, error) {
	return f.open(newname, func() (vfs.File, error) { return f.FS.ReuseForWrite(oldname, newname, category) })
}

// OpenDir implements vfs.FS. Creating a write-ahead file syncs folders too, so after
// the freeze it reports success; the next change then blocks forever.
func (f *freezer) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	if err != nil {
		return nil, err
	}
	return &freezerFile{File: file, freezer: f, do: f.changeLog}, nil
}

// Link implements vfs.FS.
func (f *freezer) Link(oldname, newname string) error {
	return f.change(func() error { return f.FS.Link(oldname, newname) })
}

// Rename implements vfs.FS.
func (f *freezer) Rename(oldname, newname string) error {
	return f.change(func() error { return f.FS.Rename(oldname, newname) })
}

// MkdirAll implements vfs.FS.
func (f *freezer) MkdirAll(dir string, perm os.FileMode) error {
	return f.change(func() error { return f.FS.MkdirAll(dir, perm) })
}

// Remove implements vfs.FS. A file that cannot be removed does no harm.
func (f *freezer) Remove(name string) error {
	return f.remove(func() error { return f.FS.Remove(name) })
}

// RemoveAll implements vfs.FS.
func (f *freezer) RemoveAll(name string) error {
	return f.remove(func() error { return f.FS.RemoveAll(name) })
}

func (f *freezer) remove(op func() error) error {
	var failed error
	if err := f.change(func() error { failed = op(); return nil }); err != nil {
		return err
	}
	return failed
}

// Unwrap implements vfs.FS.
func (f *freezer) Unwrap() vfs.FS { return f.FS }

// freezerFile is a file opened for writing behind the freezer.
type freezerFile struct {
	vfs.File
	freezer *freezer
	do      func(func() error) error
}

// Write implements vfs.File.
func (f *freezerFile) Write(p []byte) (int, error) {
	n := len(p)
	err := f.do(func() (err error) { n, err = f.File.Write(p); return err })
	return n, err
}

// WriteAt implements vfs.File.
func (f *freezerFile) WriteAt(p []byte, offset int64) (int, error) {
	n := len(p)
	err := f.do(func() (err error) { n, err = f.File.WriteAt(p, offset); return err })
	return n, err
}

// Sync implements vfs.File.
func (f *freezerFile) Sync() error { return f.do(f.File.Sync) }

// SyncData implements vfs.File.
func (f *freezerFile) SyncData() error { return f.do(f.File.SyncData) }

// SyncTo implements vfs.File.
func (f *freezerFile) SyncTo(length int64) (full bool, err error) {
	err = f.do(func() (err error) { full, err = f.File.SyncTo(length); return err })
	return full, err
}
