package vault_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/vault"
)

func create(t *testing.T, path string) *vault.MasterKey {
	t.Helper()
	m, err := vault.CreateMasterKey(path)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func ring(t *testing.T, f vault.KeyFiles) *vault.Keyring {
	t.Helper()
	r, err := vault.OpenKeyring(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var may = time.Date(2026, 5, 17, 23, 0, 0, 0, time.FixedZone("", 2*3600))

func TestWhichFilesCount(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for at, want := range map[string][]string{
		in("master.key"):  {in("master-2026-05-17.key"), in("master-2026-05-17-2.key")},
		in("ma*ter.k"):    {in("ma*ter-2026-05-17.k"), in("ma*ter-2026-05-17-2.k")},
		in("no ending"):   {in("no ending-2026-05-17"), in("no ending-2026-05-17-2")},
		dir:               {in("master-2026-05-17.key"), in("master-2026-05-17-2.key")},
		dir + "/./":       {in("master-2026-05-17.key"), in("master-2026-05-17-2.key")},
		in("nowhere/a.b"): {in("nowhere/a-2026-05-17.b")},
	} {
		f := vault.KeyFiles{Path: at, Older: []string{in("other")}}
		for _, next := range want {
			if got := f.Next(may); got != next {
				t.Errorf("%s: %s comes next, want %s", at, got, next)
			}
			if !f.Covers(next) || !f.Covers(in("other")) || f.Covers(in("another")) || f.Covers(filepath.Join(dir, "deep", filepath.Base(next))) {
				t.Errorf("%s covers too little or too much", at)
			}
			if strings.Contains(next, "nowhere") {
				continue
			}
			create(t, next)
			if paths, err := f.Paths(); err != nil || !slices.Contains(paths, next) {
				t.Errorf("%s is not found: %v", next, err)
			}
		}
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	create(t, in("master.key"))
	f := vault.KeyFiles{Path: in("master.key")}
	if !f.Covers(in("master.key")) || f.Covers(in("master-old.key")) {
		t.Error("for a file, it and the names that Next returns must count")
	}
}

func TestAKeyringFindsWhatComesLater(t *testing.T) {
	dir := t.TempDir()
	files := vault.KeyFiles{Path: filepath.Join(dir, "master.key"), Older: []string{filepath.Join(dir, "x", "old.key")}}
	if _, err := vault.OpenKeyring(files); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want %v", err, fs.ErrNotExist)
	}
	first := create(t, files.Path)
	r := ring(t, files)
	if r.Newest().ID != first.ID || r.Files().Path != files.Path {
		t.Fatal("another key")
	}
	next := create(t, files.Next(may))
	if r.Get(next.ID) != nil {
		t.Fatal("held before anybody looked")
	}
	if m := r.Find(next.ID); m == nil || *m != *next {
		t.Fatal("not found")
	}
	if r.Find(uuid.New()) != nil {
		t.Fatal("found what is nowhere")
	}
	if got := r.FilesOf(next.ID); len(got) != 1 || got[0] != filepath.Join(dir, "master-2026-05-17.key") {
		t.Fatalf("files %v", got)
	}

	// A dropped key does not come back from its file, unless it is explicitly added.
	if err := r.Drop(next.ID); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(); err != nil || r.Find(next.ID) != nil || len(r.FilesOf(next.ID)) != 1 {
		t.Fatalf("it came back: %v", err)
	}
	if err := r.Add(next); err != nil || r.Find(next.ID) == nil {
		t.Fatalf("it did not come back: %v", err)
	}

	// A key whose file is gone stays held; the file is no longer listed.
	if err := os.Remove(files.Path); err != nil {
		t.Fatal(err)
	}
	if err := r.Refresh(); err != nil || r.Get(first.ID) == nil || len(r.FilesOf(first.ID)) != 0 {
		t.Fatalf("a key went with its file: %v", err)
	}
	if r := ring(t, files); r.Newest().ID != next.ID {
		t.Fatal("the file beside is not enough")
	}
}

func TestAKeyringOfAFolderTakesTheKeyMadeLast(t *testing.T) {
	dir := t.TempDir()
	text := "accountledger master key, version 1\n" // of unknown age
	if err := os.WriteFile(filepath.Join(dir, "readme.txt"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenKeyring(vault.KeyFiles{Path: dir}); !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("error %v, want %v", err, fs.ErrNotExist)
	}
	made := create(t, filepath.Join(dir, "b.key"))
	older := filepath.Join(t.TempDir(), "older")
	old := create(t, older)
	r := ring(t, vault.KeyFiles{Path: dir, Older: []string{older, filepath.Join(dir, "none")}})
	if len(r.All()) != 2 || r.Get(made.ID) == nil || r.Get(old.ID) == nil {
		t.Fatal("other keys")
	}
}

// A named file must be good; a bad one found beside it is skipped and reported.
func TestFilesThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	files := vault.KeyFiles{Path: filepath.Join(dir, "master.key")}
	create(t, files.Path)
	half := files.Next(may)
	if err := os.WriteFile(half, []byte("accountledger master key, ver"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := ring(t, files)
	if err := r.Refresh(); !errors.Is(err, vault.ErrMasterKeyFile) || !strings.Contains(err.Error(), half) {
		t.Fatalf("error %v", err)
	}
	if err := os.Remove(half); err != nil {
		t.Fatal(err)
	}
	whole := create(t, half)
	if err := r.Refresh(); err != nil || r.Get(whole.ID) == nil {
		t.Fatalf("it was not read when it was whole: %v", err)
	}
	if err := os.Chmod(files.Path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := vault.OpenKeyring(files); !errors.Is(err, vault.ErrMasterKeyFile) {
		t.Fatalf("error %v, want %v", err, vault.ErrMasterKeyFile)
	}
	other := vault.KeyFiles{Path: half, Older: []string{files.Path}}
	if _, err := vault.OpenKeyring(other); !errors.Is(err, vault.ErrMasterKeyFile) {
		t.Fatalf("error %v, want %v", err, vault.ErrMasterKeyFile)
	}
}
