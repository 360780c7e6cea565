package backup

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"accountledger/internal/durable"
)

// files is what a list needs from the file system. Tests replace it with one that loses power.
type files interface {
	Open(path string, flags int) (file, error)
	Stat(path string) (fs.FileInfo, error)
	Rename(from, to string) error
	Remove(path string) error
	// SyncFolder makes the entries of a folder durable.
	SyncFolder(dir string) error
}

// file is an open file.
type file interface {
	io.ReaderAt
	io.WriterAt
	io.Closer
	Truncate(size int64) error
	Sync() error
	Stat() (fs.FileInfo, error)
	Fd() uintptr
}

// system is the operating system's files.
type system struct{}

func (system) Open(path string, flags int) (file, error) {
	f, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, err // not a nil *os.File, which would be a file
	}
	return f, nil
}

func (system) Stat(path string) (fs.FileInfo, error) { return os.Stat(path) }
func (system) Rename(from, to string) error          { return os.Rename(from, to) }
func (system) Remove(path string) error              { return os.Remove(path) }
func (system) SyncFolder(dir string) error           { return durable.SyncFolder(dir) }

// there reports whether a file exists.
func there(disk files, path string) (bool, error) {
	_, err := disk.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// flock locks a file, waiting for other processes.
func flock(f file) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}
