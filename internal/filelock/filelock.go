// Package filelock gives back locks of files that were taken with flock.
package filelock

import (
	"errors"

	"golang.org/x/sys/unix"
)

// File is an open file or folder.
type File interface {
	Fd() uintptr
	Close() error
}

// Close unlocks a file and closes it. Closing alone is not enough: a child process that is being started meanwhile has a copy of the
// open file until it runs its program, and the lock with it.
func Close(f File) error {
	return errors.Join(unix.Flock(int(f.Fd()), unix.LOCK_UN), f.Close())
}
