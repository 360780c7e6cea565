package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// forget takes files out of the system's page cache, so that they are read from the disk again. What is not written to
// the disk yet stays.
func forget(paths []string) error {
	return each(paths, func(f *os.File) error {
		return errors.Join(f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED))
	})
}

// recall reads files, so that the system's page cache has them as far as there is memory for it.
func recall(paths []string) error {
	return each(paths, func(f *os.File) error {
		_, err := io.Copy(io.Discard, f)
		return err
	})
}

func each(paths []string, do func(*os.File) error) error {
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		if err := errors.Join(do(f), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
