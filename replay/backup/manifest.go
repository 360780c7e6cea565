package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"accountledger/internal/durable"
)

// Names of the files of a backup.
const (
	ManifestName = "manifest.json"
	LedgerName   = "ledger.ndjson.zst" // log and vault, as exported by package transfer
)

// manifestFormat is the format that this program writes, and the newest that it reads.
const manifestFormat = 1

var (
	// ErrIncomplete: the folder does not hold a complete backup: it was interrupted, or a file is missing.
	ErrIncomplete = errors.New("the backup is not complete")
	// ErrManifest: the manifest was altered, or written by a newer program.
	ErrManifest = errors.New("the backup's manifest was altered or cannot be read by this program")
	// ErrPart: a file of the backup is not the one in the manifest.
	ErrPart = errors.New("a file of the backup was altered or truncated")
)

// Manifest describes a backup. It is written last: a folder without one is not a backup.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program
	Log     uuid.UUID `json:"log"`
	Head    string    `json:"head"` // position of the last event, in the log that was backed up
	Events  int64     `json:"events"`
	Hash    string    `json:"hash"` // content hash of the history
	Rows    int64     `json:"rows"` // of the vault
	// Masters are the master keys that the vault's rows are wrapped under. A restore needs them; none is in the backup.
	Masters []uuid.UUID `json:"master_keys"`
	// Begun is when the backup was begun, Completed when it was complete, UTC.
	Begun     time.Time `json:"begun_at"`
	Completed time.Time `json:"completed_at"`
	// List is the end of the list of destructions when the backup was begun; missing if none was kept.
	List *ListMark `json:"destructions,omitzero"`
	File File      `json:"file"`
	// Sum is the SHA-256 of the manifest without this field, in hexadecimal.
	Sum string `json:"sum"`
}

// ListMark is a Mark in a manifest.
type ListMark struct {
	Entries int64  `json:"entries"`
	Hash    string `json:"hash"`
}

// File is a file of the backup.
type File struct {
	Name   string `json:"name"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// MarkOf converts a mark for a manifest.
func MarkOf(m Mark) *ListMark { return &ListMark{m.Entries, hex.EncodeToString(m.Hash[:])} }

// Mark converts it back. The error is ErrManifest.
func (l *ListMark) Mark() (Mark, error) {
	m := Mark{Entries: l.Entries}
	b, err := hex.DecodeString(l.Hash)
	if err != nil || copy(m.Hash[:], b) != len(m.Hash) {
		return m, ErrManifest
	}
	return m, nil
}

// encode sets the sum and returns the text.
func (m *Manifest) encode() ([]byte, error) {
	m.Sum = ""
	b, err := json.Marshal(m, jsontext.Multiline(true))
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	m.Sum = hex.EncodeToString(sum[:])
	b, err = json.Marshal(m, jsontext.Multiline(true))
	return append(b, '\n'), err
}

// WriteManifest makes the folder a complete backup, durably. It sets format and sum.
func WriteManifest(dir string, m *Manifest) error {
	m.Format = manifestFormat
	b, err := m.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ManifestName)
	if err := durable.ReplaceBytes(path, b); err != nil {
		return err
	}
	return durable.SyncFolder(filepath.Dir(dir))
}

// maxManifest bounds the size of a manifest that is read.
const maxManifest = 1 << 20

// ReadManifest reads a backup's manifest: ErrIncomplete if there is none, ErrManifest if a byte of it was changed.
func ReadManifest(dir string) (Manifest, error) {
	var m Manifest
	path := filepath.Join(dir, ManifestName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("%w: %s is missing", ErrIncomplete, path)
	case err != nil:
		return m, err
	case info.Size() > maxManifest:
		return m, fmt.Errorf("%w: %s", ErrManifest, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return m, err
	}
	if json.Unmarshal(b, &m, json.RejectUnknownMembers(true)) != nil || m.Format != manifestFormat || m.File.Name != LedgerName {
		return m, fmt.Errorf("%w: %s", ErrManifest, path)
	}
	if again, err := (&m).encode(); err != nil || !bytes.Equal(again, b) {
		return m, fmt.Errorf("%w: %s", ErrManifest, path)
	}
	return m, nil
}
