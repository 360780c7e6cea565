package server

import (
	"errors"
	"os"
	"path/filepath"
)

// undoOf gives what takes back a first start that failed: all that it made in the data folder, and the folder where it was not there.
// nil where the folder holds anything already.
func undoOf(c *Config) func() error {
	entries, err := os.ReadDir(c.Data)
	there := err == nil
	if len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return func() error {
		if !there {
			return os.RemoveAll(c.Data)
		}
		entries, err := os.ReadDir(c.Data)
		errs := []error{err}
		for _, e := range entries {
			errs = append(errs, os.RemoveAll(filepath.Join(c.Data, e.Name())))
		}
		return errors.Join(errs...)
	}
}

// undoFile has a file go as well, which this start made elsewhere.
func (s *Server) undoFile(path string) {
	if before := s.undo; before != nil {
		s.undo = func() error {
			err := os.Remove(path)
			if errors.Is(err, os.ErrNotExist) { // it went with the folder
				err = nil
			}
			return errors.Join(err, before())
		}
	}
}
