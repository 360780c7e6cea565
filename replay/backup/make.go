package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"accountledger/replay/transfer"
)

// Start is what a backup that begins now has to know about the ledger.
type Start struct {
	Begun   time.Time `json:"begun_at"`
	Version string    `json:"version"`
	List    *ListMark `json:"destructions,omitzero"` // how far the list of destructions goes
}

// StartOf is the start of a backup of a ledger with a list of destructions, nil if none is kept.
func StartOf(list *List, now time.Time, version string) (Start, error) {
	out := Start{Begun: now.UTC(), Version: version}
	if list == nil {
		return out, nil
	}
	m, err := list.Mark()
	if err != nil {
		return Start{}, err
	}
	out.List = MarkOf(m)
	return out, nil
}

// Source is what a backup is made from.
type Source interface {
	// Start gives what a backup that begins now has to know about the ledger.
	Start(ctx context.Context) (Start, error)
	// Export writes log and vault as lines of CloudEvents, starting at a place.
	Export(ctx context.Context, from transfer.Place, out io.Writer) error
	// Done records that the backup is complete.
	Done(ctx context.Context) error
}

// ErrNotEmpty: the folder for a backup holds something else, perhaps another backup. It is left as it is.
var ErrNotEmpty = errors.New("the folder is not empty, and a backup goes into a folder of its own: name a new one")

// Made is what a backup did.
type Made struct {
	Folder string `json:"folder"`
	Manifest
}

// Make writes a backup of log and vault, never of a master key, into a folder that is new or in which an earlier attempt was
// interrupted; then it continues where it was. The ledger may be served meanwhile. It is read back, and is a backup once its
// manifest is there.
func Make(ctx context.Context, from Source, dir string, tell transfer.Progress) (_ Made, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return Made{}, err
	}
	if err := makeFolder(dir); err != nil {
		return Made{}, err
	}
	start, err := from.Start(ctx) // before the vault is read: what is destroyed from here on is on the list after this mark
	if err != nil {
		return Made{}, err
	}
	begun := time.Now()
	export := func(ctx context.Context, _ bool, place transfer.Place, out io.Writer) error {
		return from.Export(ctx, place, out)
	}
	if _, err := transfer.ExportFile(ctx, export, filepath.Join(dir, LedgerName), true, tell); err != nil {
		return Made{}, err
	}
	completed := start.Begun.Add(time.Since(begun)) // by the ledger's clock, which may differ from this process's
	m, err := Complete(ctx, dir, Manifest{Version: start.Version, Begun: start.Begun, Completed: completed, List: start.List}, tell)
	if err != nil {
		return Made{}, err
	}
	return Made{Folder: dir, Manifest: m}, from.Done(ctx)
}

// makeFolder makes the folder, for its owner alone, and refuses one that holds anything else.
func makeFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	part := LedgerName + ".part"
	for _, e := range entries {
		if !slices.Contains([]string{LedgerName, part, part + ".place", part + ".place.next", ManifestName + ".next"}, e.Name()) {
			return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
		}
	}
	// A complete file without a manifest: the last attempt ended in between. Its vault is as of then, so it is made again.
	if err := os.Remove(filepath.Join(dir, LedgerName)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
