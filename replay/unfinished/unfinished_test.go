package unfinished_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/replay/fit"
	"accountledger/replay/unfinished"
)

// TestAMarkedFolderIsRefused by what was begun there, until the mark is cleared.
func TestAMarkedFolderIsRefused(t *testing.T) {
	for want, m := range map[error]unfinished.Mark{
		unfinished.ErrTransfer: {Command: unfinished.Import, Loaded: true},
		unfinished.ErrRestore:  {Command: unfinished.Restore, Backup: "sum"},
		unfinished.ErrAccept:   {Command: unfinished.Accept, Accept: fit.AcceptOlderLog, ID: uuid.New()},
	} {
		dir := t.TempDir()
		if err := unfinished.Refuse(dir); err != nil {
			t.Errorf("an empty folder: %v", err)
		}
		if err := m.Save(dir); err != nil {
			t.Fatal(err)
		}
		if got, err := unfinished.Of(dir); err != nil || got != m {
			t.Errorf("%+v, read as %+v: %v", m, got, err)
		}
		if err := unfinished.Refuse(dir); !errors.Is(err, want) || !strings.Contains(err.Error(), string(m.Accept)) {
			t.Errorf("%s: %v", m.Command, err)
		}
		if err := unfinished.Clear(dir); err != nil {
			t.Fatal(err)
		}
		if err := unfinished.Refuse(dir); err != nil {
			t.Errorf("%s, cleared: %v", m.Command, err)
		}
	}
}

// TestAMarkThatCannotBeRead keeps the folder from being served all the same.
func TestAMarkThatCannotBeRead(t *testing.T) {
	for _, text := range []string{"", "{", `{"loaded":true}`} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "unfinished"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := unfinished.Refuse(dir); !errors.Is(err, unfinished.ErrRestore) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
