package server_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"accountledger/operate"
	"accountledger/server"
)

func mode(t *testing.T, path string) fs.FileMode {
	t.Helper()
	st, err := os.Stat(path)
	fatal(t, err)
	return st.Mode().Perm()
}

func TestSocketIsItsOwnersAlone(t *testing.T) {
	t.Parallel()
	r := start(t, config(t))
	if m := mode(t, r.cfg.Data); m != 0o700 {
		t.Errorf("the data folder is %o", m)
	}
	if m := mode(t, filepath.Join(r.cfg.Data, "control.sock")); m != 0o600 {
		t.Errorf("the socket is %o", m)
	}
}

// TestTheSocketIsFoundBesideTheData: however long its path is, and by whatever path the folder is reached.
func TestTheSocketIsFoundBesideTheData(t *testing.T) {
	cfg := config(t)
	cfg.Data = filepath.Join(cfg.Data, strings.Repeat("a-long-name-of-a-folder/", 5))
	r := start(t, cfg)
	running := func(data string) {
		t.Helper()
		reached := cfg
		reached.Data = data
		from, err := server.OpenReading(t.Context(), reached)
		fatal(t, err)
		defer func() { fatal(t, from.Close()) }()
		if st, err := operate.ReadStatus.Run(t.Context(), from, operate.None{}, nil); err != nil || !st.Running || !st.Ready {
			t.Errorf("by %s: %v %+v", data, err, st)
		}
	}
	running(cfg.Data)
	link := filepath.Join(t.TempDir(), "mounted")
	fatal(t, os.Symlink(cfg.Data, link))
	running(link)
	there := filepath.Join(t.TempDir(), "there")
	fatal(t, os.Mkdir(there, 0o700))
	if err := unix.Mount(cfg.Data, there, "", unix.MS_BIND, ""); err == nil {
		running(there)
		fatal(t, unix.Unmount(there, 0))
	} else if os.Getuid() == 0 {
		t.Logf("no bind mount: %v", err)
	}
	t.Chdir(filepath.Dir(link))
	running("mounted")
	socket := filepath.Join(cfg.Data, "control.sock")
	if m := mode(t, socket); m != 0o600 {
		t.Errorf("the socket is %o", m)
	}

	// Where the folder's file system takes no socket, a file says where it is.
	elsewhere := filepath.Join(t.TempDir(), "s")
	fatal(t, os.Rename(socket, elsewhere))
	fatal(t, os.WriteFile(filepath.Join(cfg.Data, "control.path"), []byte(elsewhere+"\n"), 0o600))
	running(cfg.Data)
	fatal(t, os.Rename(elsewhere, socket))
	r.stop()
	if _, err := os.Stat(socket); !os.IsNotExist(err) {
		t.Errorf("the socket is left: %v", err)
	}
}
