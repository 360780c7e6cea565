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

// TestReadOnly asks a list that was closed, one that a kill left, a damaged one and none at all; whatever is in the folder stays
// as it is.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	open := func(path string, log *bytes.Buffer, readOnly bool) *processes.Processes {
		p, err := processes.Open(t.Context(), processes.Deps{Now: time.Now, Log: slog.New(slog.NewTextHandler(log, nil)), Path: path, ReadOnly: readOnly})
		fatal(t, err)
		return p
	}
	const deadlines = 300
	page := pageOf(deadlines)
	closed, killed, damaged := filepath.Join(t.TempDir(), "deadlines.db"), filepath.Join(t.TempDir(), "deadlines.db"), filepath.Join(t.TempDir(), "deadlines.db")
	p := open(closed, &bytes.Buffer{}, false)
	fatal(t, p.Handle(t.Context(), page))
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(closed + suffix)
		fatal(t, err)
		fatal(t, os.WriteFile(killed+suffix, b, 0o600))
	}
	fatal(t, p.Close())
	b, err := os.ReadFile(closed)
	fatal(t, err)
	b[2*filePage+100] ^= 1
	fatal(t, os.WriteFile(damaged, b, 0o600))
	for name, c := range map[string]struct {
		path    string
		at      journal.Checkpoint
		waiting int
		said    string
	}{
		"closed":  {closed, page.Checkpoint, deadlines, ""},
		"killed":  {killed, page.Checkpoint, deadlines, ""},
		"damaged": {damaged, journal.Checkpoint{}, 0, "will be rebuilt"},
		"none":    {filepath.Join(t.TempDir(), "deadlines.db"), journal.Checkpoint{}, 0, ""},
	} {
		before := filesBeside(t, c.path)
		for range 2 {
			var said bytes.Buffer
			p := open(c.path, &said, true)
			wantList(t, p, c.at, c.waiting)
			if !strings.Contains(said.String(), c.said) || c.said == "" && said.Len() > 0 {
				t.Errorf("%s: it said %s", name, said.String())
			}
			if err := p.Handle(t.Context(), page); err == nil && c.path == closed {
				t.Errorf("%s: it was written to", name)
			}
			fatal(t, p.Close())
		}
		if now := filesBeside(t, c.path); now != before {
			t.Errorf("%s: the files are\n%s\nwere\n%s", name, now, before)
		}
	}
}

// filesBeside tells of every file in the folder of a path.
func filesBeside(t *testing.T, path string) string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	fatal(t, err)
	var all strings.Builder
	for _, e := range entries {
		info, err := e.Info()
		fatal(t, err)
		b, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		fatal(t, err)
		all.WriteString(e.Name() + info.ModTime().String() + info.Mode().String() + string(b) + "\n")
	}
	return all.String()
}
