package effects

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/internal/durable"
	"accountledger/journal"
	"accountledger/leases"
)

// errNoCheckpoint: there is no checkpoint, or it is unusable.
var errNoCheckpoint = errors.New("effects: there is no checkpoint")

// storage is where a runtime keeps its checkpoint.
type storage interface {
	// load returns errNoCheckpoint if there is none or it is damaged.
	load() (journal.Checkpoint, error)
	// save returns once the checkpoint is durable.
	save(ctx context.Context, at journal.Checkpoint) error
	// held reports whether this runtime may still move the checkpoint.
	held() bool
}

// inFile keeps the checkpoint in a file that nobody else uses.
type inFile string

func (f inFile) load() (journal.Checkpoint, error) { return loadCheckpoint(string(f)) }
func (f inFile) held() bool                        { return true }

func (f inFile) save(_ context.Context, at journal.Checkpoint) error {
	return saveCheckpoint(string(f), at)
}

// saveTimeout is how long saving a checkpoint with its lease may take.
const saveTimeout = 5 * time.Second

// inLease keeps the checkpoint with the lease, for the next holder.
type inLease struct{ *leases.Lease }

func (l inLease) load() (at journal.Checkpoint, err error) {
	b := l.Place()
	if b == nil {
		return at, errNoCheckpoint
	}
	return DecodeCheckpoint(b)
}

func (l inLease) save(ctx context.Context, at journal.Checkpoint) error {
	b, err := EncodeCheckpoint(at)
	if err == nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTimeout)
		defer cancel()
		err = l.Save(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("effects: saving the checkpoint: %w", err)
	}
	return nil
}

func (l inLease) held() bool { return l.Held() }

// stored is a stored checkpoint with a checksum: a damaged one could name another position.
type stored struct {
	journal.Checkpoint
	Sum string `json:"sum"` // first half of the SHA-256 of the other fields as JSON, in hexadecimal
}

// EncodeCheckpoint encodes a checkpoint for storage.
func EncodeCheckpoint(at journal.Checkpoint) ([]byte, error) {
	b, err := json.Marshal(at)
	if err != nil {
		return nil, fmt.Errorf("effects: writing the checkpoint: %w", err)
	}
	sum := sha256.Sum256(b)
	if b, err = json.Marshal(stored{at, hex.EncodeToString(sum[:16])}); err != nil {
		return nil, fmt.Errorf("effects: writing the checkpoint: %w", err)
	}
	return b, nil
}

// DecodeCheckpoint decodes a stored checkpoint; an error if it is damaged.
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

// loadCheckpoint reads the checkpoint's file; errNoCheckpoint if it is missing or damaged.
func loadCheckpoint(path string) (journal.Checkpoint, error) {
	var c journal.Checkpoint
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, errNoCheckpoint
	} else if err != nil {
		return c, fmt.Errorf("effects: reading the checkpoint: %w", err)
	}
	return DecodeCheckpoint(b)
}

// saveCheckpoint replaces the file atomically; when it returns nil, the file survives a loss of power.
func saveCheckpoint(path string, c journal.Checkpoint) error {
	b, err := EncodeCheckpoint(c)
	if err != nil {
		return err
	}
	if err := durable.ReplaceBytes(path, b); err != nil {
		return fmt.Errorf("effects: writing the checkpoint: %w", err)
	}
	return nil
}
