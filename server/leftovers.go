package server

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"accountledger/internal/durable"
	"accountledger/operate"
)

// tidy removes what commands and servers that were killed left in the data folder, which this process holds. What cannot be
// removed stays, and the log says so: it is in nobody's way.
func (s *Server) tidy() {
	removed, err := removeLeftovers(s.cfg.Data)
	if err != nil {
		s.log.Warn("what was left half done in the data folder cannot be removed", "error", err.Error())
	}
	if removed > 0 {
		s.log.Info("what was left half done in the data folder was removed", "entries", removed)
	}
}

// removeLeftovers removes the folders of comparisons, and files that were to take others' places and views' companions without
// their main file.
func removeLeftovers(data string) (removed int, err error) {
	views := filepath.Join(data, "views")
	var errs []error
	for _, dir := range []string{data, views} {
		entries, err := os.ReadDir(dir)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
		for _, e := range entries {
			name := e.Name()
			left := dir == data && e.IsDir() && strings.HasPrefix(name, operate.CompareFolder) ||
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
