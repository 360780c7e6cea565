package notify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/journal"
	"accountledger/leases"
)

// errNoCheckpoint: there is no checkpoint, or none that can be used.
var errNoCheckpoint = errors.New("notify: there is no checkpoint")

// keeping is where a notifier keeps its checkpoint.
type keeping interface {
	// load gives errNoCheckpoint when there is none, or a damaged one.
	load() (journal.Checkpoint, error)
	// save returns once the checkpoint outlives the process.
	save(at journal.Checkpoint) error
	// held says whether the checkpoint is still this notifier's to move.
	held() bool
}

// inFile keeps it in a file: nobody else has it.
type inFile string

func (f inFile) load() (journal.Checkpoint, error) { return loadCheckpoint(string(f)) }
func (f inFile) save(at journal.Checkpoint) error  { return saveCheckpoint(string(f), at) }
func (f inFile) held() bool                        { return true }

// saveTimeout bounds how long a checkpoint may take to be saved with its lease.
const saveTimeout = 5 * time.Second

// inLease keeps it with the lease, where the next holder finds it.
type inLease struct{ *leases.Lease }

func (l inLease) load() (at journal.Checkpoint, err error) {
	b := l.Place()
	if b == nil {
		return at, errNoCheckpoint
	}
	return DecodeCheckpoint(b)
}

func (l inLease) save(at journal.Checkpoint) error {
	b, err := EncodeCheckpoint(at)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.Background(), saveTimeout)
		defer cancel()
		err = l.Save(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("notify: saving the checkpoint: %w", err)
	}
	return nil
}

func (l inLease) held() bool { return l.Held() }

// stored is a checkpoint as it is kept, with a checksum: one that was damaged could name another place of the log.
type stored struct {
	journal.Checkpoint
	Sum string `json:"sum"` // SHA-256 of the others as JSON, its first half in hexadecimal digits
}

// EncodeCheckpoint gives a checkpoint as it is kept.
func EncodeCheckpoint(at journal.Checkpoint) ([]byte, error) {
	b, err := json.Marshal(at)
	if err != nil {
		return nil, fmt.Errorf("notify: writing the checkpoint: %w", err)
	}
	sum := sha256.Sum256(b)
	if b, err = json.Marshal(stored{at, hex.EncodeToString(sum[:16])}); err != nil {
		return nil, fmt.Errorf("notify: writing the checkpoint: %w", err)
	}
	return b, nil
}

// DecodeCheckpoint reads what EncodeCheckpoint gave; an error where that is damaged.
func DecodeCheckpoint(b []byte) (journal.Checkpoint, error) {
	var s stored
	if err := json.Unmarshal(b, &s, json.RejectUnknownMembers(true)); err != nil {
		return journal.Checkpoint{}, fmt.Errorf("%w that can be read", errNoCheckpoint)
	}
	if again, err := EncodeCheckpoint(s.Checkpoint); err != nil || !bytes.Equal(again, b) {
		return journal.Checkpoint{}, fmt.Errorf("%w that can be read: its checksum is of another", errNoCheckpoint)
	}
	return s.Checkpoint, nil
}

// loadCheckpoint reads the checkpoint's file: errNoCheckpoint when it is missing or damaged.
func loadCheckpoint(path string) (journal.Checkpoint, error) {
	var c journal.Checkpoint
	b, err := os.ReadFile(path) //nolint:gosec // the operator's folder
	if errors.Is(err, fs.ErrNotExist) {
		return c, errNoCheckpoint
	} else if err != nil {
		return c, fmt.Errorf("notify: reading the checkpoint: %w", err)
	}
	return DecodeCheckpoint(b)
}

// saveCheckpoint puts the file in place whole or not at all; when it returns nil, it survives a loss of power.
func saveCheckpoint(path string, c journal.Checkpoint) error {
	b, err := EncodeCheckpoint(c)
	if err != nil {
		return err
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
