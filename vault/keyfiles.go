package vault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// KeyFiles says which files master keys are kept in. Keys added later are found
// too: a process reads the files again when it needs a key that it does not hold.
type KeyFiles struct {
	// Path is a folder, whose files ending in ".key" are read, or a file. With
	// a file, the names that Next returns are read too: for master.key, master-2026-05-17.key and so on.
	Path string
	// Older are further files. Missing ones are skipped.
	Older []string
}

// keyEnding is the suffix of key files in a folder.
const keyEnding = ".key"

// IsFolder reports whether Path is an existing folder.
func (f KeyFiles) IsFolder() bool {
	info, err := os.Stat(f.Path)
	return err == nil && info.IsDir()
}

// Paths returns the existing files, those of Path first.
func (f KeyFiles) Paths() ([]string, error) {
	all, err := filepath.Glob(f.pattern())
	if err != nil {
		return nil, fmt.Errorf("%w: the path of the master key", ErrInvalid) // an unclosed bracket
	}
	if !f.IsFolder() {
		all = append([]string{f.Path}, all...)
	}
	all = append(all, f.Older...)
	return slices.DeleteFunc(all, func(path string) bool {
		_, err := os.Stat(path)
		return errors.Is(err, fs.ErrNotExist)
	}), nil
}

// Covers reports whether a key in a file at this path would be found.
func (f KeyFiles) Covers(path string) bool {
	fits, err := filepath.Match(f.pattern(), filepath.Clean(path))
	return err == nil && fits || !f.IsFolder() && filepath.Clean(path) == filepath.Clean(f.Path) ||
		slices.ContainsFunc(f.Older, func(o string) bool { return filepath.Clean(o) == filepath.Clean(path) })
}

// Next returns an unused path for a master key made on that day (UTC).
func (f KeyFiles) Next(at time.Time) string {
	stem, ending := f.stem()
	day := at.UTC().Format(time.DateOnly)
	for n := 1; ; n++ {
		path := stem + day + ending
		if n > 1 {
			path = stem + day + "-" + strconv.Itoa(n) + ending
		}
		if _, err := os.Lstat(path); err != nil {
			return path
		}
	}
}

// pattern matches the files of Path, except a Path that is itself a file.
func (f KeyFiles) pattern() string {
	if f.IsFolder() {
		return filepath.Join(literal(filepath.Clean(f.Path)), "*"+keyEnding)
	}
	stem, ending := f.stem()
	return literal(stem) + "[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]*" + literal(ending)
}

// stem is the text before and after the day in the names of further files.
func (f KeyFiles) stem() (stem, ending string) {
	if f.IsFolder() {
		return filepath.Join(f.Path, "master-"), keyEnding
	}
	path := filepath.Clean(f.Path)
	ending = filepath.Ext(path)
	return strings.TrimSuffix(path, ending) + "-", ending
}

// literal is a pattern that matches only this path.
func literal(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}
