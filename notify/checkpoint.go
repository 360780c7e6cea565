package notify

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"accountledger/journal"
)

// errNoCheckpoint: there is no checkpoint, or none that can be used.
var errNoCheckpoint = errors.New("notify: there is no checkpoint")

// loadCheckpoint reads the checkpoint's file: errNoCheckpoint when it is missing or damaged.
func loadCheckpoint(path string) (journal.Checkpoint, error) {
	var c journal.Checkpoint
	b, err := os.ReadFile(path) //nolint:gosec // the operator's folder
	if errors.Is(err, fs.ErrNotExist) {
		return c, errNoCheckpoint
	} else if err != nil {
		return c, fmt.Errorf("notify: reading the checkpoint: %w", err)
	}
	if err := json.Unmarshal(b, &c, json.RejectUnknownMembers(true)); err != nil {
		return c, fmt.Errorf("%w that can be read", errNoCheckpoint)
	}
	return c, nil
}

// saveCheckpoint puts the file in place whole or not at all; when it returns nil, it survives a loss of power.
func saveCheckpoint(path string, c journal.Checkpoint) error {
	b, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("notify: writing the checkpoint: %w", err)
	}
	next := path + ".next"
	if err := writeSynced(next, b); err != nil {
		return fmt.Errorf("notify: writing the checkpoint: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("notify: writing the checkpoint: %w", err)
	}
	d, err := os.Open(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("notify: writing the checkpoint: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

func writeSynced(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the operator's folder
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Sync(), f.Close())
}
