package embedded

import (
	"errors"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"

	"accountledger/internal/filelock"
)

// A folder has one writer or many readers. Pebble's lock keeps writers apart, but it creates a file, so readers cannot take
// it. They lock the folder itself, which writes nothing and ends with the process; the writer takes that lock as well.

// writing is a file system whose lock is Pebble's and the folder's together.
type writing struct{ vfs.FS }

// Lock implements vfs.FS.
func (w writing) Lock(name string) (io.Closer, error) {
	folders, err := lockItself(w.FS, w.PathDir(name), unix.LOCK_EX) // first: no file is created while others read
	if err != nil {
		return nil, err
	}
	pebbles, err := w.FS.Lock(name)
	if err != nil {
		return nil, errors.Join(err, folders.Close())
	}
	return both{pebbles, folders}, nil
}

type both struct{ first, second io.Closer }

func (b both) Close() error { return errors.Join(b.first.Close(), b.second.Close()) }

// lockItself locks a folder, if its file system can.
func lockItself(fs vfs.FS, dir string, how int) (io.Closer, error) {
	f, err := fs.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	if f.Fd() == vfs.InvalidFd { // in memory
		return f, nil
	}
	err = unix.Flock(int(f.Fd()), how|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(err, f.Close())
	} else if err == nil {
		return locked{f}, nil
	}
	return f, nil
}

// locked is a locked folder.
type locked struct{ vfs.File }

// Close unlocks the folder.
func (l locked) Close() error { return filelock.Close(l.File) }

// unchanging is a file system that refuses every change.
type unchanging struct{ vfs.FS }

// Lock implements vfs.FS. Readers share it, and it creates no file.
func (u unchanging) Lock(name string) (io.Closer, error) {
	return lockItself(u.FS, u.PathDir(name), unix.LOCK_SH)
}

// Create implements vfs.FS.
func (unchanging) Create(name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, refused("create", name)
}

// OpenReadWrite implements vfs.FS.
func (unchanging) OpenReadWrite(name string, _ vfs.DiskWriteCategory, _ ...vfs.OpenOption) (vfs.File, error) {
	return nil, refused("open", name)
}

// ReuseForWrite implements vfs.FS.
func (unchanging) ReuseForWrite(_, name string, _ vfs.DiskWriteCategory) (vfs.File, error) {
	return nil, refused("open", name)
}

// Link implements vfs.FS.
func (unchanging) Link(_, name string) error { return refused("link", name) }

// Rename implements vfs.FS.
func (unchanging) Rename(_, name string) error { return refused("rename", name) }

// MkdirAll implements vfs.FS.
func (unchanging) MkdirAll(dir string, _ os.FileMode) error { return refused("mkdir", dir) }

// Remove implements vfs.FS.
func (unchanging) Remove(name string) error { return refused("remove", name) }

// RemoveAll implements vfs.FS.
func (unchanging) RemoveAll(name string) error { return refused("remove", name) }

// Unwrap implements vfs.FS.
func (u unchanging) Unwrap() vfs.FS { return u.FS }

func refused(op, name string) error { return &os.PathError{Op: op, Path: name, Err: unix.EROFS} }
