package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/replay/transfer"
	"accountledger/vault"
)

// Contents are the contents of a backup's file.
type Contents struct {
	transfer.FileInfo
	Head    eventstore.Position
	Masters []uuid.UUID // that rows are wrapped under, sorted by their text
	Key     *vault.Row  // the wrapped key that signs lists; nil if there is none
}

// ReadContents reads a backup's file to its end and checks everything that can be checked without a master key: transfer's errors, with its path.
func ReadContents(ctx context.Context, dir string, tell transfer.Progress) (c Contents, err error) {
	path := filepath.Join(dir, LedgerName)
	masters := map[uuid.UUID]bool{}
	c.FileInfo, err = transfer.Visit(ctx, path, tell, func(e *eventstore.Recorded) error {
		c.Head = e.Position
		return nil
	}, func(r *vault.Row) error {
		if !r.Destroyed {
			masters[r.Master] = true
		}
		if r.Kind == vault.KindKey && r.Name == KeyName && !r.Destroyed {
			row := *r
			row.Wrapped = slices.Clone(r.Wrapped)
			c.Key = &row
		}
		return nil
	})
	if err == nil && !c.Vault {
		err = transfer.ErrNoVault
	}
	if err != nil {
		return c, fmt.Errorf("%s: %w", path, err)
	}
	for id := range masters {
		c.Masters = append(c.Masters, id)
	}
	slices.SortFunc(c.Masters, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return c, nil
}

// Complete reads back a backup that was just written, and writes its manifest; m has the fields that only the writer knows.
func Complete(ctx context.Context, dir string, m Manifest, tell transfer.Progress) (Manifest, error) {
	c, err := ReadContents(ctx, dir, tell)
	if err != nil {
		return m, err
	}
	if m.File, err = fileOf(ctx, filepath.Join(dir, LedgerName)); err != nil {
		return m, err
	}
	m.Log, m.Head, m.Events, m.Hash, m.Rows, m.Masters = c.Log, c.Head.String(), c.Events, c.FileInfo.String(), c.Rows, c.Masters
	err = WriteManifest(dir, &m)
	return m, err
}

// fileOf returns size and hash of a file.
func fileOf(ctx context.Context, path string) (File, error) {
	out := File{Name: filepath.Base(path)}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("%w: %s is missing", ErrIncomplete, path)
	} else if err != nil {
		return out, err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	for err == nil {
		var n int64
		n, err = io.CopyN(h, f, 16<<20)
		out.Bytes += n
		if err == nil {
			err = ctx.Err()
		}
	}
	if !errors.Is(err, io.EOF) {
		return out, err
	}
	out.SHA256 = hex.EncodeToString(h.Sum(nil))
	return out, nil
}

// Check reads a whole backup, before it is used, and returns its manifest and contents. Errors: ErrIncomplete,
// ErrManifest, ErrPart, and those of ReadContents.
func Check(ctx context.Context, dir string, tell transfer.Progress) (Manifest, Contents, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return m, Contents{}, err
	}
	path := filepath.Join(dir, m.File.Name)
	file, err := fileOf(ctx, path)
	if err != nil {
		return m, Contents{}, err
	}
	if file != m.File {
		return m, Contents{}, fmt.Errorf("%w: %s: %d bytes; the manifest has %d bytes, with another hash", ErrPart, path, file.Bytes, m.File.Bytes)
	}
	c, err := ReadContents(ctx, dir, tell)
	if err != nil {
		return m, c, err
	}
	if c.Log != m.Log || c.Events != m.Events || c.FileInfo.String() != m.Hash || c.Rows != m.Rows || c.Head.String() != m.Head ||
		!slices.Equal(c.Masters, m.Masters) {
		return m, c, fmt.Errorf("%w: it does not match the contents of the file", ErrManifest)
	}
	return m, c, nil
}
