package vault

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"

	"accountledger/internal/durable"
)

// ErrMasterKeyFile: the file of the master key cannot be used: it is truncated or
// altered, or users other than its owner may read it. A missing file is
// fs.ErrNotExist, and an existing one in the way of a new one is fs.ErrExist.
var ErrMasterKeyFile = errors.New("vault: unusable master key file")

// ErrNoMasterKeyFile: there is no master key where one should be. It is fs.ErrNotExist too.
var ErrNoMasterKeyFile = fmt.Errorf("there is no master key: %w", fs.ErrNotExist)

const (
	masterHeading = "accountledger master key, version 2"
	// firstHeading is the heading of files that do not say when the key was made.
	firstHeading = "accountledger master key, version 1"
	// maxMasterFileBytes bounds what is read before the text is parsed.
	maxMasterFileBytes = 4 << 10
)

// CreateMasterKey creates a random master key and stores it in a new file at path, with
// mode 0600. When it returns, file and folder are on disk. It never replaces a file
// (fs.ErrExist). A crash before it returns may leave a file that LoadMasterKey
// refuses; nothing can be wrapped under it, so it may be deleted.
func CreateMasterKey(path string) (*MasterKey, error) {
	m, err := NewMasterKey()
	if err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, fmt.Errorf("vault: creating the master key file: %w", err)
	}
	_, err = f.Write(m.encode())
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = durable.SyncFolder(filepath.Dir(path))
	}
	if err != nil {
		_ = os.Remove(path)
		return nil, fmt.Errorf("vault: writing the master key file: %w", err)
	}
	return m, nil
}

// LoadMasterKey reads the master key that CreateMasterKey stored at path. It returns
// fs.ErrNotExist if there is none and ErrMasterKeyFile if it cannot be trusted.
func LoadMasterKey(path string) (*MasterKey, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("vault: opening the master key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("vault: reading the master key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%w: it is not a regular file", ErrMasterKeyFile)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%w: mode %04o gives access to others; run chmod 600 on it", ErrMasterKeyFile, info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxMasterFileBytes))
	if err != nil {
		return nil, fmt.Errorf("vault: reading the master key file: %w", err)
	}
	return decodeMasterKey(text)
}

// encode writes five lines: heading, id, when it was made, key, and the start of a
// SHA-256 over the four. A key from a file of the first version has no
// third line and keeps the heading of that version.
func (m *MasterKey) encode() []byte {
	var b bytes.Buffer
	if m.MadeAt.IsZero() {
		fmt.Fprintf(&b, "%s\nid %s\n", firstHeading, m.ID)
	} else {
		fmt.Fprintf(&b, "%s\nid %s\nmade %s\n", masterHeading, m.ID, m.MadeAt.Format(time.RFC3339))
	}
	fmt.Fprintf(&b, "key %s\n", hex.EncodeToString(m.material[:]))
	sum := sha256.Sum256(b.Bytes())
	fmt.Fprintf(&b, "sum %s\n", hex.EncodeToString(sum[:8]))
	return b.Bytes()
}

func decodeMasterKey(text []byte) (*MasterKey, error) {
	lines := strings.Split(string(text), "\n")
	var made time.Time
	switch {
	case len(lines) == 5 && lines[4] == "" && lines[0] == firstHeading:
	case len(lines) == 6 && lines[5] == "" && lines[0] == masterHeading:
		var err error
		made, err = time.Parse(time.RFC3339, strings.TrimPrefix(lines[2], "made "))
		if err != nil {
			return nil, fmt.Errorf("%w: line 3 is not the time it was made", ErrMasterKeyFile)
		}
		lines = append(lines[:2], lines[3:]...)
	default:
		return nil, fmt.Errorf("%w: it does not have the lines of a master key", ErrMasterKeyFile)
	}
	id, err := uuid.Parse(strings.TrimPrefix(lines[1], "id "))
	if err != nil {
		return nil, fmt.Errorf("%w: line 2 is not an id", ErrMasterKeyFile)
	}
	material, err := hex.DecodeString(strings.TrimPrefix(lines[2], "key "))
	if err != nil || len(material) != KeyBytes {
		return nil, fmt.Errorf("%w: the line of the key is not a key", ErrMasterKeyFile)
	}
	m := &MasterKey{ID: id, MadeAt: made.UTC(), material: [KeyBytes]byte(material)}
	if !bytes.Equal(m.encode(), text) {
		return nil, fmt.Errorf("%w: its checksum does not match its text", ErrMasterKeyFile)
	}
	return m, nil
}
