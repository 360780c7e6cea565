// Package durable makes changes to files that survive a loss of power once they return nil.
package durable

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Next ends the name of a file that is about to replace another. A crash may leave one behind; it can be deleted.
const Next = ".next"

// Replace puts a file with the content that write writes at path, completely or not at all: it writes a file beside it, syncs it,
// renames it and syncs the folder. The file has mode 0600. If it fails, what was at path is still there.
func Replace(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path+Next, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(write(f), f.Sync(), f.Close()); err != nil {
		return errors.Join(err, Remove(path+Next))
	}
	return Rename(path+Next, path)
}

// ReplaceBytes is Replace with content that is at hand.
func ReplaceBytes(path string, b []byte) error {
	return Replace(path, func(w io.Writer) error {
		_, err := io.Copy(w, bytes.NewReader(b))
		return err
	})
}

// Rename renames a synced file within its folder.
func Rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(to))
}

// Remove deletes a file; none there is fine. The deletion itself is durable only after SyncFolder.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// SyncFolder makes the names in a folder durable.
func SyncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
