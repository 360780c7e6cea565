package main

import (
	"errors"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// forget drops files from the system's page cache, so that they are read from disk again. What is not written to
// disk yet stays.
func forget(paths []string) error {
	return each(paths, func(f *os.File) error {
		return errors.Join(f.Sync(), unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED))
	})
}

// recall reads files, so that they are in the system's page cache, as far as memory allows.
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
