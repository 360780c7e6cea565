package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/pagesum"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// TestFilesOfTwoTimes puts a generation's file and a write-ahead file of another time together: that is view.ErrCorrupt,
// after which the runner fills the view again.
func TestFilesOfTwoTimes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	docs := crowd(60)
	_, schema := newPeople()
	var images []string
	for n := range 2 {
		e, err := sqlite.New(dir)
		must(t, err)
		g, err := e.Open(t.Context(), schema, 1)
		must(t, err)
		must(t, g.Write(t.Context(), view.Batch{Documents: docs[n*20 : n*20+20], Checkpoint: view.Checkpoint("first")}))
		must(t, e.Swap(t.Context(), g.ID()))
		images = append(images, crash(t, dir))
		must(t, g.Write(t.Context(), view.Batch{Documents: docs[n*20+20 : n*20+30], Checkpoint: view.Checkpoint("second")}))
		must(t, g.Close()) // which copies the write-ahead file and deletes it
	}
	const main, log = "people.v1.g1.db", "people.v1.g1.db-wal"
	for name, replaced := range map[string]string{"an older file": main, "an older write-ahead file": log, "the control": ""} {
		mixed := crash(t, images[1])
		if replaced != "" {
			b, err := os.ReadFile(filepath.Join(images[0], replaced))
			must(t, err)
			must(t, os.WriteFile(filepath.Join(mixed, replaced), b, 0o600))
		}
		for _, readOnly := range []bool{true, false} {
			e, err := sqlite.New(mixed)
			must(t, err)
			if readOnly {
				e = sqlite.NewReadOnly(mixed)
			}
			g, err := e.Open(t.Context(), schema, 1)
			if err == nil {
				must(t, g.Close())
			}
			var damage *pagesum.DamageError
			told := errors.Is(err, view.ErrCorrupt) && errors.As(err, &damage) && damage.Foreign && strings.HasSuffix(damage.File, log)
			if replaced == "" && err != nil || replaced != "" && !told {
				t.Errorf("%s, read only %v: %v", name, readOnly, err)
			}
		}
	}
}
