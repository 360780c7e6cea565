package folder

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"accountledger/internal/durable"
)

// RemoveLeftovers removes the folders of comparisons, whose names begin with scratch, and files that were to take others' places and views' companions without
// their main file.
func RemoveLeftovers(data, scratch string) (removed int, err error) {
	views := filepath.Join(data, "views")
	var errs []error
	for _, dir := range []string{data, views} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, e := range entries {
			name := e.Name()
			left := dir == data && e.IsDir() && strings.HasPrefix(name, scratch) ||
				e.Type().IsRegular() && strings.HasSuffix(name, durable.Next) ||
				dir == views && e.Type().IsRegular() && orphan(dir, name)
			if !left {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
				errs = append(errs, err)
				continue
			}
			removed++
		}
	}
	return removed, errors.Join(errs...)
}

// orphan says whether a file is SQLite's beside a main one that is gone: it would spoil the next of that name.
func orphan(dir, name string) bool {
	for _, suffix := range []string{"-wal", "-shm"} {
		if main, found := strings.CutSuffix(name, suffix); found && strings.HasSuffix(main, ".db") {
			_, err := os.Lstat(filepath.Join(dir, main))
			return errors.Is(err, os.ErrNotExist)
		}
	}
	return false
}
