package folder

import (
	"errors"
	"os"
	"path/filepath"
)

// Undo gives what takes back a first start that failed: all that it made in the data folder, and the folder where it was not there.
// nil where the folder holds anything already.
func Undo(data string) func() error {
	entries, err := os.ReadDir(data)
	there := err == nil
	if len(entries) > 0 || err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return func() error {
		if !there {
			return os.RemoveAll(data)
		}
		entries, err := os.ReadDir(data)
		errs := []error{err}
		for _, e := range entries {
			errs = append(errs, os.RemoveAll(filepath.Join(data, e.Name())))
		}
		return errors.Join(errs...)
	}
}
