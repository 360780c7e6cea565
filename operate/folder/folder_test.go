package folder_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"accountledger/operate/folder"
)

func fatal(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// write makes a file, and the folders it is in.
func write(t *testing.T, path, text string) {
	t.Helper()
	fatal(t, os.MkdirAll(filepath.Dir(path), 0o700))
	fatal(t, os.WriteFile(path, []byte(text), 0o600))
}

// names are what a folder holds.
func names(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	fatal(t, err)
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestOneProcessHoldsAFolder: it is made for its owner alone, and nobody else holds or shares it before it is closed.
func TestOneProcessHoldsAFolder(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "above", "data")
	if folder.WasHeld(dir) {
		t.Error("nobody held it")
	}
	held, err := folder.Hold(dir)
	fatal(t, err)
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 || !folder.WasHeld(dir) {
		t.Errorf("%v %v", info, err)
	}
	if _, err := folder.Hold(dir); !errors.Is(err, folder.ErrRunning) {
		t.Errorf("held twice: %v", err)
	}
	if _, err := folder.Share(dir); !errors.Is(err, folder.ErrRunning) {
		t.Errorf("shared: %v", err)
	}
	fatal(t, held.Close())
	one, err := folder.Share(dir)
	fatal(t, err)
	two, err := folder.Share(dir)
	fatal(t, err)
	if _, err := folder.Hold(dir); !errors.Is(err, folder.ErrRunning) {
		t.Errorf("held while it is read: %v", err)
	}
	fatal(t, errors.Join(one.Close(), two.Close()))
	held, err = folder.Hold(dir)
	fatal(t, err)
	fatal(t, held.Close())
}

// TestWhoseAFolderIs: one with anything but a ledger is left as it is; a mode that its owner gave stays.
func TestWhoseAFolderIs(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		holds []string // files, with something in them
		ours  bool
	}{
		"empty":                    {nil, true},
		"a file system's root":     {[]string{"lost+found/"}, true},
		"a start that was cut off": {[]string{"lock="}, true},
		"somebody's":               {[]string{"letter"}, false},
		"a lock of another kind":   {[]string{"lock"}, false},
		"a file lost+found":        {[]string{"lost+found"}, false},
		"a copy without the lock":  {[]string{folder.Log + "/1", folder.LogWitness}, true},
		"a log without a witness":  {[]string{folder.Log + "/1"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for _, one := range c.holds {
				switch path := filepath.Join(dir, one); one {
				case "lost+found/":
					fatal(t, os.Mkdir(path, 0o700))
				case "lock=":
					write(t, filepath.Join(dir, "lock"), "")
				default:
					write(t, path, "something")
				}
			}
			before := names(t, dir)
			held, err := folder.Hold(dir)
			if !c.ours {
				if !errors.Is(err, folder.ErrNotLedger) || !slices.Equal(names(t, dir), before) {
					t.Errorf("%v; %v is there", err, names(t, dir))
				}
				return
			}
			fatal(t, err)
			fatal(t, held.Close())
		})
	}
}

// TestSharingMakesNothing, not even a lock in a copy that has none.
func TestSharingMakesNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	shared, err := folder.Share(dir)
	fatal(t, err)
	fatal(t, shared.Close())
	if len(names(t, dir)) > 0 {
		t.Error(names(t, dir))
	}
	if _, err := folder.Share(filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// TestOutside: a path in a ledger's folder is refused, by whatever way, and one that only begins like it is not.
func TestOutside(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	data, other := filepath.Join(top, "data"), filepath.Join(top, "other")
	for _, dir := range []string{data, other} {
		held, err := folder.Hold(dir)
		fatal(t, err)
		fatal(t, held.Close())
	}
	fatal(t, os.Symlink(data, filepath.Join(top, "link")))
	for path, inside := range map[string]bool{"data": true, "data/backup": true, "data/a/b/c": true, "link/backup": true, "other/backup": true,
		"data/../free": false, "data2": false, "free/backup": false, "other/../free": false} {
		err := folder.Outside(data, filepath.Join(top, path))
		if errors.Is(err, folder.ErrInLedger) != inside || !inside && err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// TestLeftovers: what killed processes left goes, and nothing else.
func TestLeftovers(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, path := range []string{"compare-1/a.db", "other-1/a", "state.next", "state", "views/gone.db-wal", "views/gone.db-shm", "views/there.db",
		"views/there.db-wal",
		"views/a.next", "gone.db-wal"} {
		write(t, filepath.Join(dir, path), "x")
	}
	removed, err := folder.RemoveLeftovers(dir, "compare-")
	if err != nil || removed != 5 {
		t.Errorf("%d removed: %v", removed, err)
	}
	if got := names(t, dir); !slices.Equal(got, []string{"gone.db-wal", "other-1", "state", "views"}) {
		t.Error(got)
	}
	if got := names(t, filepath.Join(dir, "views")); !slices.Equal(got, []string{"there.db", "there.db-wal"}) {
		t.Error(got)
	}
	if removed, err := folder.RemoveLeftovers(filepath.Join(dir, "none"), "compare-"); err != nil || removed != 0 {
		t.Errorf("%d removed of nothing: %v", removed, err)
	}
}

// TestUndo takes back what was made in a folder, and the folder where it was not there; where anything was there already it is nil.
func TestUndo(t *testing.T) {
	t.Parallel()
	top := t.TempDir()
	none, empty, full := filepath.Join(top, "none"), filepath.Join(top, "empty"), filepath.Join(top, "full")
	fatal(t, os.Mkdir(empty, 0o750))
	write(t, filepath.Join(full, "file"), "x")
	undoNone, undoEmpty := folder.Undo(none), folder.Undo(empty)
	if folder.Undo(full) != nil {
		t.Error("a folder with something in it can be undone")
	}
	write(t, filepath.Join(none, "log", "1"), "x")
	write(t, filepath.Join(empty, "log", "1"), "x")
	fatal(t, errors.Join(undoNone(), undoEmpty()))
	if got := names(t, top); !slices.Equal(got, []string{"empty", "full"}) || len(names(t, empty)) > 0 {
		t.Error(got)
	}
}

func TestOthersMay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, mode := range []os.FileMode{0o700, 0o750, 0o701} {
		fatal(t, os.Chmod(dir, mode))
		want := mode
		if mode == 0o700 {
			want = 0
		}
		if got, err := folder.OthersMay(dir); err != nil || got != want {
			t.Errorf("%o: %o, %v", mode, got, err)
		}
	}
}
