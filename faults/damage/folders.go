package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountledger/server"
)

// folders are all the folders of one ledger: its data, and what its operator keeps elsewhere.
type folders struct{ root string }

func (f folders) data() string { return filepath.Join(f.root, "data") }
func (f folders) key() string  { return filepath.Join(f.root, "keys", "master.key") }
func (f folders) list() string { return filepath.Join(f.root, "list", "destructions") }
func (f folders) path(rel string) string {
	return filepath.Join(f.root, filepath.FromSlash(rel))
}

// make creates the folders that the program expects.
func (f folders) make() error {
	return errors.Join(os.MkdirAll(filepath.Dir(f.key()), 0o700), os.MkdirAll(filepath.Dir(f.list()), 0o700))
}

// newKey makes the master key of a new ledger.
func (f folders) newKey() error {
	_, err := server.KeysNew(&server.Config{Data: f.data()}, f.key())
	return err
}

// parts are the parts that can be of different ages. The rest is everything else in the data folder.
func parts() []string { return []string{"log", "vault", "views", "rest", "list"} }

// partOf returns the part a file belongs to, by its path below the root.
func partOf(rel string) string {
	switch {
	case strings.HasPrefix(rel, "data/log/"):
		return "log"
	case strings.HasPrefix(rel, "data/vault/"):
		return "vault"
	case strings.HasPrefix(rel, "data/views/"):
		return "views"
	case strings.HasPrefix(rel, "list/"), strings.HasPrefix(rel, "keys/") && strings.HasSuffix(rel, ".head"):
		return "list"
	case strings.HasPrefix(rel, "keys/"):
		return "keys"
	default:
		return "rest"
	}
}

// files lists the regular files below the root, by slash-separated paths, in order.
func (f folders) files() ([]string, error) {
	var out []string
	err := filepath.WalkDir(f.root, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // a running server has removed a file
			return nil
		}
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		rel, err := filepath.Rel(f.root, path)
		out = append(out, filepath.ToSlash(rel))
		return err
	})
	slices.Sort(out)
	return out, err
}

// copyTo copies every file. A file removed meanwhile is left out, as by other programs that copy folders.
func (f folders) copyTo(to folders, backwards bool) error {
	all, err := f.files()
	if err != nil {
		return err
	}
	if backwards {
		slices.Reverse(all)
	}
	if err := to.make(); err != nil {
		return err
	}
	for _, rel := range all {
		if skipped(rel) {
			continue
		}
		if err := copyFile(f.path(rel), to.path(rel)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// skipped reports whether a file is the harness's, not the ledger's.
func skipped(rel string) bool { return rel == "config.yaml" }

// copyFile copies the bytes; the kernel shares them if the file system can.
func copyFile(from, to string) (err error) {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return err
	}
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	if _, err := io.Copy(out, in); err != nil {
		return fmt.Errorf("copying %s: %w", from, err)
	}
	return nil
}

// replacePart replaces a part with another ledger's: all of its files, and no others.
func (f folders) replacePart(part string, from folders) error {
	if err := f.removePart(part); err != nil {
		return err
	}
	all, err := from.files()
	if err != nil {
		return err
	}
	for _, rel := range all {
		if partOf(rel) == part && !skipped(rel) {
			if err := copyFile(from.path(rel), f.path(rel)); err != nil {
				return err
			}
		}
	}
	return nil
}

// removePart removes the files of a part, and its own folder.
func (f folders) removePart(part string) error {
	all, err := f.files()
	if err != nil {
		return err
	}
	for _, rel := range all {
		if partOf(rel) == part && !skipped(rel) {
			if err := os.Remove(f.path(rel)); err != nil {
				return err
			}
		}
	}
	if part == "log" || part == "vault" || part == "views" {
		return os.RemoveAll(filepath.Join(f.data(), part))
	}
	return nil
}
