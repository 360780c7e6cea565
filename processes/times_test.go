package processes_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"accountledger/journal"
	"accountledger/processes"
)

// TestFilesOfTwoTimes lays the list's file and a write-ahead file of another time beside each other: the list is found empty, at
// the beginning of the log, and says so, for reading as well.
func TestFilesOfTwoTimes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "deadlines.db")
	var said bytes.Buffer
	open := func(path string, readOnly bool) *processes.Processes {
		said.Reset()
		p, err := processes.Open(t.Context(), processes.Deps{Now: time.Now, Log: slog.New(slog.NewTextHandler(&said, nil)), Path: path, ReadOnly: readOnly})
		fatal(t, err)
		return p
	}
	var files [2][2][]byte // of each time, the file and the write-ahead file
	for n := range files {
		p := open(path, false)
		fatal(t, p.Handle(t.Context(), pageOf(20)))
		for i, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(path + suffix)
			fatal(t, err)
			files[n][i] = b
		}
		fatal(t, p.Handle(t.Context(), pageOf(20)))
		fatal(t, p.Close())
	}
	for name, mixed := range map[string][2][]byte{"an older file": {files[0][0], files[1][1]}, "an older write-ahead file": {files[1][0], files[0][1]}} {
		path := filepath.Join(t.TempDir(), "deadlines.db")
		for i, suffix := range []string{"", "-wal"} {
			fatal(t, os.WriteFile(path+suffix, mixed[i], 0o600))
		}
		for _, readOnly := range []bool{true, false} {
			p := open(path, readOnly)
			wantList(t, p, journal.Checkpoint{}, 0)
			if !strings.Contains(said.String(), "does not belong") {
				t.Errorf("%s, read only %v: it said %q", name, readOnly, said.String())
			}
			fatal(t, p.Close())
		}
	}
}
