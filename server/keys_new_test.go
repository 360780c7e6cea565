package server_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"accountledger/operate"
	"accountledger/replay/fit"
	"accountledger/server"
	"accountledger/vault"
)

// masterKey makes the master key of a new ledger in a folder, and gives its file.
func masterKey(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(dir, "master.key")
	_, err := server.KeysNew(&server.Config{Data: filepath.Join(dir, "data")}, path)
	fatal(t, err)
	return path
}

// TestOnlyDevMakesAKeyByItself: a first start without a key is refused, leaves nothing, and says what to type.
func TestOnlyDevMakesAKeyByItself(t *testing.T) {
	t.Parallel()
	keys := t.TempDir()
	for path, want := range map[string]string{
		filepath.Join(keys, "absent.key"): "accountledger keys new " + filepath.Join(keys, "absent.key"),
		keys:                              "accountledger keys new " + filepath.Join(keys, "master.key"),
		filepath.Join(keys, "absent"): "mkdir -m 700 " + filepath.Join(keys, "absent") + " && accountledger keys new " +
			filepath.Join(keys, "absent", "master.key"),
	} {
		cfg := config(t)
		cfg.Dev, cfg.MasterKey = false, path
		_, err := server.Open(t.Context(), cfg, server.Options{})
		var refused *fit.RefusedError
		if !errors.As(err, &refused) || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, wanted %s", err, want)
		}
		if _, err := os.Stat(cfg.Data); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the data folder was left: %v", err)
		}
	}
	if left, err := os.ReadDir(keys); err != nil || len(left) != 0 {
		t.Errorf("%v was made, %v", left, err)
	}
}

func TestKeysNew(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	cfg := config(t)
	cfg.Dev, cfg.MasterKey = false, dir
	path := filepath.Join(dir, "first.key")
	made, err := server.KeysNew(&cfg, path)
	fatal(t, err)
	held, err := vault.LoadMasterKey(path)
	fatal(t, err)
	if made.Key != held.ID.String() || made.File != path || !made.Made.Equal(held.MadeAt) || !made.Configured || mode(t, path) != 0o600 {
		t.Errorf("%+v, in the file %s of %s", made, held.ID, held.MadeAt)
	}
	if _, err := server.KeysNew(&cfg, path); !errors.Is(err, operate.ErrKeyThere) {
		t.Errorf("a second time: %v", err)
	}
	if again, err := vault.LoadMasterKey(path); err != nil || again.ID != held.ID {
		t.Errorf("the first key was replaced: %v", err)
	}
	elsewhere, err := server.KeysNew(&cfg, filepath.Join(t.TempDir(), "spare.key"))
	if err != nil || elsewhere.Configured {
		t.Errorf("%+v, %v: the configuration does not read it", elsewhere, err)
	}
	if _, err := server.KeysNew(&cfg, filepath.Join(dir, "absent", "master.key")); !errors.Is(err, operate.ErrKeyFolder) {
		t.Errorf("no folder: %v", err)
	}
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	fatal(t, s.Close())

	// No key goes into a data folder: the configured one, another ledger's, or one reached by a link.
	link := filepath.Join(t.TempDir(), "link")
	fatal(t, os.Symlink(cfg.Data, link))
	other := server.Config{Data: filepath.Join(dir, "data")}
	for _, c := range []struct {
		cfg  *server.Config
		path string
	}{{&cfg, filepath.Join(cfg.Data, "in.key")}, {&other, filepath.Join(cfg.Data, "in.key")}, {&other, filepath.Join(cfg.Data, "vault", "in.key")},
		{&other, filepath.Join(link, "in.key")}} {
		if _, err := server.KeysNew(c.cfg, c.path); err == nil || !strings.Contains(err.Error(), "outside the data folder") {
			t.Errorf("%s: %v", c.path, err)
		}
	}
}

// TestRootGivesAKeyToTheOwnerOfItsFolder: the user that runs the server has to read what root makes.
func TestRootGivesAKeyToTheOwnerOfItsFolder(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	dir := t.TempDir()
	fatal(t, os.Chown(dir, 12345, 12346))
	made, err := server.KeysNew(&server.Config{Data: filepath.Join(t.TempDir(), "data")}, filepath.Join(dir, "master.key"))
	fatal(t, err)
	info, err := os.Stat(made.File)
	fatal(t, err)
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || st.Uid != 12345 || st.Gid != 12346 || info.Mode() != 0o600 || made.Owner != "12345" {
		t.Errorf("%+v: mode %s, %+v", made, info.Mode(), st)
	}
}

// TestRootDoesNotWriteIntoAnothersLedger: what root writes the server could not read.
func TestRootDoesNotWriteIntoAnothersLedger(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		t.Skip("needs root")
	}
	cfg := config(t)
	s, err := server.Open(t.Context(), cfg, server.Options{})
	fatal(t, err)
	fatal(t, s.Close())
	fatal(t, os.Chown(filepath.Join(cfg.Data, "lock"), 12345, 12346))
	if s, err := server.Open(t.Context(), cfg, server.Options{}); err == nil || !strings.Contains(err.Error(), "uid 12345") {
		t.Errorf("%v, %v", s, err)
	}
}
