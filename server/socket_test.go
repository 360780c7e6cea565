package server_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	st, err := os.Stat(path)
	fatal(t, err)
	return st.Mode().Perm()
}

func TestSocketIsItsOwnersAlone(t *testing.T) {
	r := start(t, config(t))
	if m := mode(t, r.cfg.Data); m != 0o700 {
		t.Errorf("the data folder is %o", m)
	}
	if m := mode(t, filepath.Join(r.cfg.Data, "control.sock")); m != 0o600 {
		t.Errorf("the socket is %o", m)
	}
	fatal(t, filepath.WalkDir(r.cfg.Data, func(path string, d fs.DirEntry, err error) error {
		if err == nil && mode(t, path)&0o077 != 0 && !d.Type().IsDir() {
			t.Logf("readable by others, behind a closed folder: %s", path)
		}
		return err
	}))
}

func TestLongPathsFallBackToAShortSocket(t *testing.T) {
	cfg := config(t)
	cfg.Data = filepath.Join(cfg.Data, strings.Repeat("a-long-name-of-a-folder/", 5))
	r := start(t, cfg)
	path, err := os.ReadFile(filepath.Join(cfg.Data, "control.path"))
	fatal(t, err)
	if n := len(strings.TrimSpace(string(path))); n > 104 {
		t.Errorf("the socket's path has %d bytes", n)
	}
	if m := mode(t, filepath.Dir(strings.TrimSpace(string(path)))); m != 0o700 {
		t.Errorf("the socket's folder is %o", m)
	}
	st, err := r.console().Status(t.Context())
	fatal(t, err)
	if !st.Running || !st.Ready {
		t.Errorf("%+v", st)
	}
}
