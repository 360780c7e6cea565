package transfer

import (
	"context"
	"errors"
	"io"

	"accountledger/eventstore"
)

// Exporter writes log and, if asked for, vault as Export does, starting at a place.
type Exporter func(ctx context.Context, withVault bool, from Place, out io.Writer) error

// Exported is what an export into a file did.
type Exported struct {
	File   string `json:"file"`
	Events int64  `json:"events"`
	Hash   string `json:"hash"`
}

// ExportFile writes an export into a file, or resumes an interrupted one. The file gets its name only once it is complete; a name
// that ends in .gz or .zst has it compressed.
func ExportFile(ctx context.Context, export Exporter, path string, withVault bool, tell Progress) (_ Exported, err error) {
	f, err := CreateFile(path, withVault)
	if err != nil {
		return Exported{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	out := io.Writer(f)
	if tell != nil {
		out = &watchedFile{f, tell}
	}
	if err := export(ctx, withVault, f.Place(), out); err != nil {
		return Exported{}, err
	}
	if err := f.Finish(); err != nil {
		return Exported{}, err
	}
	return Exported{File: path, Events: f.Events(), Hash: f.Digest().String()}, nil
}

// watchedFile reports how many events a file holds.
type watchedFile struct {
	file *File
	tell Progress
}

// Write implements io.Writer.
func (w *watchedFile) Write(b []byte) (int, error) {
	n, err := w.file.Write(b)
	w.tell(StageExport, w.file.Events(), 0, eventstore.UnitEvents)
	return n, err
}
