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
)

// Names of the files of a backup.
const (
	ManifestName = "manifest.json"
	LedgerName   = "ledger.ndjson.zst" // log and vault, as package carry exports them
)

// manifestFormat is the format of backups that this program writes, and the newest it reads.
const manifestFormat = 1

var (
	// ErrIncomplete: the folder holds no whole backup: it broke off, or a file is missing.
	ErrIncomplete = errors.New("the backup is not whole")
	// ErrManifest: the manifest was altered, or a newer program wrote it.
	ErrManifest = errors.New("the backup's manifest was altered or cannot be read by this program")
	// ErrPart: a file of the backup is not the one that the manifest tells of.
	ErrPart = errors.New("a file of the backup was altered or cut")
)

// Manifest says what a backup holds. It is written last: a folder without one is no backup.
type Manifest struct {
	Format  int       `json:"format"`
	Version string    `json:"version"` // of the program
	Log     uuid.UUID `json:"log"`
	Head    string    `json:"head"` // position of the last event, in the log that was backed up
	Events  int64     `json:"events"`
	Hash    string    `json:"hash"` // content hash of the history
	Rows    int64     `json:"rows"` // of the vault
	// Masters are the master keys that the vault's rows are wrapped under. Whoever restores needs them; none is in the backup.
	Masters []uuid.UUID `json:"master_keys"`
	// Begun is when the backup was begun, Completed when it was whole, UTC.
	Begun     time.Time `json:"begun_at"`
	Completed time.Time `json:"completed_at"`
	// List is how the list of destructions stood when the backup was begun; missing where none was kept.
	List *ListMark `json:"destructions,omitzero"`
	File File      `json:"file"`
	// Sum is SHA-256 of the manifest without it, in hexadecimal digits.
	Sum string `json:"sum"`
}

// ListMark is a Mark as a manifest holds it.
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

// MarkOf is a mark for a manifest.
func MarkOf(m Mark) *ListMark { return &ListMark{m.Entries, hex.EncodeToString(m.Hash[:])} }

// Mark reads it back: ErrManifest.
func (l *ListMark) Mark() (Mark, error) {
	m := Mark{Entries: l.Entries}
	b, err := hex.DecodeString(l.Hash)
	if err != nil || copy(m.Hash[:], b) != len(m.Hash) {
		return m, ErrManifest
	}
	return m, nil
}

// encode gives the text, and sets the sum.
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

// WriteManifest makes the folder a whole backup, durably. It sets format and sum.
func WriteManifest(dir string, m *Manifest) error {
	m.Format = manifestFormat
	b, err := m.encode()
	if err != nil {
		return err
	}
	path := filepath.Join(dir, ManifestName)
	f, err := os.OpenFile(path+".next", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600) //nolint:gosec // the operator names the folder
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".next", path); err != nil {
		return err
	}
	return errors.Join(syncFolder(dir), syncFolder(filepath.Dir(dir)))
}

// maxManifest bounds what is read of one.
const maxManifest = 1 << 20

// ReadManifest reads a backup's manifest: ErrIncomplete when there is none, ErrManifest when a byte of it was changed.
func ReadManifest(dir string) (Manifest, error) {
	var m Manifest
	path := filepath.Join(dir, ManifestName)
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m, fmt.Errorf("%w: %s is not there", ErrIncomplete, path)
	case err != nil:
		return m, err
	case info.Size() > maxManifest:
		return m, fmt.Errorf("%w: %s", ErrManifest, path)
	}
	b, err := os.ReadFile(path) //nolint:gosec // the operator names the folder
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
