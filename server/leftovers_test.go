package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/internal/await"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/server"
)

// What killed commands left in the data folder is removed by the next who holds it, and by nobody else.
func TestLeftoversAreRemovedAtTheNextStart(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	con := r.console()
	await.Until(t, "daily can be asked", func() bool { return consumer(t, con, "daily").State == "running" })
	left := []string{"compare-123/accounts.v1.g1.db", "notify.checkpoint.next", "views/daily.live.next", "views/daily.v1.g9.db-wal", "views/daily.v1.g9.db-shm"}
	stays := []string{"compare-notes.txt", "views/notes.txt", "views/daily.live", "log/compare-1/x", "views/daily.next/x"}
	for _, name := range append(left, stays...) {
		path := filepath.Join(cfg.Data, name)
		fatal(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if name != "views/daily.live" {
			fatal(t, os.WriteFile(path, []byte("x"), 0o600))
		}
	}
	there := func(name string) bool {
		_, err := os.Stat(filepath.Join(cfg.Data, name))
		return err == nil
	}
	if _, err := server.Open(t.Context(), cfg, server.Options{}); !errors.Is(err, folder.ErrRunning) {
		t.Fatal(err)
	}
	for _, name := range left {
		if !there(name) {
			t.Errorf("%s was removed by a command that does not hold the folder", name)
		}
	}
	fatal(t, con.Close())
	r.stop()
	again := start(t, cfg)
	for _, name := range left {
		if there(name) {
			t.Errorf("%s is still there", name)
		}
	}
	for _, name := range stays {
		if !there(name) {
			t.Errorf("%s was removed", name)
		}
	}
	if there("compare-123") || strings.Count(again.logs.String(), "half done") != 1 {
		t.Errorf("the log says\n%s", again.logs)
	}
}

// With hardly any memory, views that were lost are filled again, rebuilt and compared, and nothing is left of the comparison.
func TestViewsWithHardlyAnyMemory(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Views.Memory = 8 << 20
	r := start(t, cfg)
	r.officer("officer@example.org", "compliance")
	r.stop()
	fatal(t, os.RemoveAll(filepath.Join(cfg.Data, "views")))
	r = start(t, cfg)
	con := r.console()
	for _, view := range []string{"accesses", "accounts", "activity", "daily", "devices", "permissions", "sign_ins"} {
		await.Until(t, view+" can be asked", func() bool { return consumer(t, con, view).State == "running" })
	}
	rebuilt(t, con, operate.RebuildViews{})
	c, err := operate.Compare.Run(t.Context(), con, nil, func(operate.Progress) {})
	if err != nil || c.Found != 0 || c.Documents == 0 {
		t.Errorf("%+v %v", c, err)
	}
	left, err := filepath.Glob(filepath.Join(cfg.Data, "compare-*"))
	if err != nil || len(left) != 0 {
		t.Errorf("%v %v", left, err)
	}
}
