package embedded

import (
	"errors"
	"io"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"
	"golang.org/x/sys/unix"
)

// A folder has one writer or many readers. Pebble's lock keeps writers apart; it makes a file, so readers cannot take it.
// They lock the folder itself, which needs nothing to be written and ends with the process, and so does the writer, beside Pebble's.

// writing is a file system whose lock is Pebble's and the folder's.
type writing struct{ vfs.FS }

// Lock implements vfs.FS.
func (w writing) Lock(name string) (io.Closer, error) {
	folders, err := lockItself(w.FS, w.PathDir(name), unix.LOCK_EX) // first: while others read, no file is made
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

// lockItself locks a folder, as far as its file system knows how to.
func lockItself(fs vfs.FS, dir string, how int) (io.Closer, error) {
	f, err := fs.OpenDir(dir)
	if err != nil {
		return nil, err
	}
	if f.Fd() == vfs.InvalidFd { // in memory
		return f, nil
	}
	if err := unix.Flock(int(f.Fd()), how|unix.LOCK_NB); errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unchanging is a file system of which nothing is changed.
type unchanging struct{ vfs.FS }

// Lock implements vfs.FS. It is shared with other readers, and makes no file.
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
