package embedded_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// faultFS is a file system on which one kind of operation can be made to fail or to wait.
type faultFS struct {
	vfs.FS
	op     string // "write", "sync", "create", "rename"
	suffix string // of the files concerned
	broken atomic.Bool
	hits   atomic.Int64

	mu   sync.Mutex
	hold chan struct{} // syncs of suffix wait until it is closed
	held chan struct{} // one for each sync that waits
}

func newFaultFS(op, suffix string) *faultFS {
	return &faultFS{FS: vfs.NewCrashableMem(), op: op, suffix: suffix, held: make(chan struct{}, 1000)}
}

func (f *faultFS) mem() *vfs.MemFS { return f.FS.(*vfs.MemFS) }

// fail is the error of an operation on a file.
func (f *faultFS) fail(op, name string) error {
	if f.broken.Load() && op == f.op && strings.Contains(f.PathBase(name), f.suffix) {
		f.hits.Add(1)
		return syscall.EIO
	}
	return nil
}

// holdSyncs blocks syncs until the returned function is called.
func (f *faultFS) holdSyncs() (release func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	hold := make(chan struct{})
	f.hold = hold
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.hold = nil
		close(hold)
	}
}

func (f *faultFS) wait(name string) {
	f.mu.Lock()
	hold := f.hold
	f.mu.Unlock()
	if hold != nil && strings.Contains(name, f.suffix) {
		f.held <- struct{}{}
		<-hold
	}
}

func (f *faultFS) file(name string, file vfs.File, err error) (vfs.File, error) {
	if err != nil {
		return nil, err
	}
	return &faultFile{file, f, name}, nil
}

func (f *faultFS) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.fail("create", name); err != nil {
		return nil, err
	}
	file, err := f.FS.Create(name, c)
	return f.file(name, file, err)
}

func (f *faultFS) ReuseForWrite(oldname, newname string, c vfs.DiskWriteCategory) (vfs.File, error) {
	if err := f.fail("create", newname); err != nil {
		return nil, err
	}
	file, err := f.FS.ReuseForWrite(oldname, newname, c)
	return f.file(newname, file, err)
}

func (f *faultFS) OpenReadWrite(name string, c vfs.DiskWriteCategory, o ...vfs.OpenOption) (vfs.File, error) {
	file, err := f.FS.OpenReadWrite(name, c, o...)
	return f.file(name, file, err)
}

func (f *faultFS) OpenDir(name string) (vfs.File, error) {
	file, err := f.FS.OpenDir(name)
	return f.file(name, file, err)
}

func (f *faultFS) Unwrap() vfs.FS { return f.FS }

type faultFile struct {
	vfs.File
	fs   *faultFS
	name string
}

func (f *faultFile) Write(p []byte) (int, error) {
	if err := f.fs.fail("write", f.name); err != nil {
		return 0, err
	}
	return f.File.Write(p)
}

func (f *faultFile) WriteAt(p []byte, at int64) (int, error) {
	if err := f.fs.fail("write", f.name); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, at)
}

func (f *faultFile) Sync() error     { return f.sync(f.File.Sync) }
func (f *faultFile) SyncData() error { return f.sync(f.File.SyncData) }

func (f *faultFile) sync(flush func() error) error {
	f.fs.wait(f.name)
	if err := f.fs.fail("sync", f.name); err != nil {
		return err
	}
	return flush()
}
