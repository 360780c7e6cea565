package server_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountledger/operate/folder"
	"accountledger/server"
)

// left tells of everything in a folder: names, modes, sizes, times.
func left(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	fatal(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		st, err := d.Info()
		if err == nil {
			out.WriteString(strings.Join([]string{path, st.Mode().String(), st.ModTime().String()}, " ") + "\n")
		}
		return err
	}))
	return out.String()
}

func openAndClose(t *testing.T, cfg server.Config) error {
	t.Helper()
	s, err := server.Open(t.Context(), cfg, server.Options{})
	if err == nil {
		err = s.Close()
	}
	return err
}

// TestAFolderOfOthersIsLeftAlone (T14): not a mode changed, not a file made, and the refusal names the folder.
func TestAFolderOfOthersIsLeftAlone(t *testing.T) {
	t.Parallel()
	for name, file := range map[string]string{
		"any file":                   "notes.txt",
		"a lock of another program":  "lock",
		"a folder in it":             "log/0001.log",
		"a file named as a folder":   "lost+found",
		"an empty lock beside files": "",
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			for _, path := range map[bool][]string{false: {file}, true: {"lock", "other"}}[file == ""] {
				path = filepath.Join(cfg.Data, path)
				fatal(t, os.MkdirAll(filepath.Dir(path), 0o755))
				text := "of somebody else"
				if filepath.Base(path) == "lock" && file == "" {
					text = ""
				}
				fatal(t, os.WriteFile(path, []byte(text), 0o644))
			}
			before := left(t, cfg.Data)
			err := openAndClose(t, cfg)
			if !errors.Is(err, folder.ErrNotLedger) || !strings.Contains(err.Error(), cfg.Data) || !strings.Contains(err.Error(), "--data") {
				t.Errorf("%v", err)
			}
			if after := left(t, cfg.Data); after != before {
				t.Errorf("it was\n%s and is\n%s", before, after)
			}
		})
	}
}

// TestAnEmptyFolderBecomesALedgers: with what a file system keeps at its root, and with what a start that was cut off left.
func TestAnEmptyFolderBecomesALedgers(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(dir string) error{
		"empty":         func(string) error { return nil },
		"a file system": func(dir string) error { return os.Mkdir(filepath.Join(dir, "lost+found"), 0o700) },
		"cut off":       func(dir string) error { return os.WriteFile(filepath.Join(dir, "lock"), nil, 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(t)
			fatal(t, os.Mkdir(cfg.Data, 0o755))
			fatal(t, make(cfg.Data))
			fatal(t, openAndClose(t, cfg))
			if m := mode(t, cfg.Data); m != 0o700 {
				t.Errorf("the folder is %o", m)
			}
			fatal(t, openAndClose(t, cfg))
		})
	}
}

// TestALedgersFolderKeepsItsMode: what its owner allows is theirs to say, and is told.
func TestALedgersFolderKeepsItsMode(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	fatal(t, openAndClose(t, cfg))
	fatal(t, os.Chmod(cfg.Data, 0o750))
	said := &logs{}
	s, err := server.Open(t.Context(), cfg, server.Options{LogTo: said})
	fatal(t, err)
	fatal(t, s.Close())
	if m := mode(t, cfg.Data); m != 0o750 {
		t.Errorf("the folder is %o", m)
	}
	if !strings.Contains(said.String(), "chmod 700") {
		t.Errorf("nothing is said: %s", said)
	}
}

// TestFilesAreTheirOwnersAlone: the real program under the most generous umask makes nothing that others can use.
func TestFilesAreTheirOwnersAlone(t *testing.T) {
	program, parent := binary(t), t.TempDir()
	config := filepath.Join(parent, "config.yaml")
	fatal(t, os.WriteFile(config, []byte("http: 127.0.0.1:0\ndev: true\nstore:\n  reserve: -1\n"), 0o600))
	old := syscall.Umask(0)
	p := run(t, program, filepath.Join(parent, "data"), config, server.RoleAll)
	syscall.Umask(old)
	p.want(202, "POST", "/v1/sign-ups", "", `{"email":"ada@example.com","password":"correct-horse-battery","region":"DE","language":"en","birth_month":"1990-05"}`)
	eventually(t, "a message is in the mailbox", func() bool {
		out, err := p.command(program, config, "mailbox")
		return err == nil && strings.Contains(out, "ada@example.com")
	})
	files := 0
	fatal(t, filepath.WalkDir(p.cfg.Data, func(path string, _ fs.DirEntry, err error) error {
		files++
		if st, e := os.Lstat(path); e == nil && st.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s is %s", path, st.Mode())
		}
		if errors.Is(err, fs.ErrNotExist) { // files come and go under a server
			return nil
		}
		return err
	}))
	if files < 20 {
		t.Errorf("%d files only", files)
	}
}
