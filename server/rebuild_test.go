package server_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"accountledger/eventstore/embedded"
	"accountledger/internal/await"
	"accountledger/journal"
	"accountledger/operate"
	"accountledger/projections"
	"accountledger/projections/runner"
	viewsqlite "accountledger/projections/sqlite"
	"accountledger/server"
)

// cutOff leaves a rebuild of a view that came to the end of the log as it is, and no further.
func cutOff(t *testing.T, cfg server.Config, view string) {
	t.Helper()
	log, err := embedded.Open(embedded.Options{Dir: filepath.Join(cfg.Data, "log"), ReserveBytes: -1})
	fatal(t, err)
	engine, err := viewsqlite.New(filepath.Join(cfg.Data, "views"))
	fatal(t, err)
	registry, err := journal.NewRegistry(journal.Types(), journal.Upcasters(), journal.PartUpcasters())
	fatal(t, err)
	j := journal.New(log, registry, nil)
	for _, d := range projections.All() {
		if d.Name == view {
			p := runner.Place{Engine: engine, Journal: j, Declaration: &d, Partitions: 1}
			g, f, err := p.Begin(t.Context(), true)
			fatal(t, err)
			fatal(t, runner.Fill(t.Context(), j, f)[0])
			fatal(t, p.Leave(t.Context(), g, f, context.Canceled))
		}
	}
	fatal(t, errors.Join(engine.Close(), log.Close()))
}

// A rebuild that was cut off is told of and gone on with, through the socket of a server and without one.
func TestAnUnfinishedRebuild(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	r.officer("officer@example.org", "compliance")
	con := r.console()
	for _, view := range []string{"activity", "devices"} {
		await.Until(t, view+" can be asked", func() bool { return consumer(t, con, view).State == "running" })
	}
	r.stop()
	cutOff(t, cfg, "activity")

	r = start(t, cfg)
	con = r.console()
	unfinishedRebuild(t, con, "activity")
	if on := rebuilt(t, con, operate.RebuildViews{Views: []string{"activity", "daily"}}); len(on) != 1 || on[0].View != "activity" || on[0].Done < 1 ||
		on[0].Total <= on[0].Done || on[0].Unit != "events" {
		t.Errorf("it went on at %+v", on)
	}
	if c, err := operate.Compare.Run(t.Context(), con, []string{"activity"}, func(operate.Progress) {}); err != nil || c.Found != 0 {
		t.Errorf("%+v %v", c, err)
	}
	unfinishedRebuild(t, con)
	r.stop()

	cutOff(t, cfg, "devices")
	con, err := server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	unfinishedRebuild(t, con, "devices")
	if on := rebuilt(t, con, operate.RebuildViews{Restart: true}); len(on) != 0 {
		t.Errorf("it went on at %+v, though it was to start over", on)
	}
	unfinishedRebuild(t, con)
	fatal(t, con.Close())
}

// unfinishedRebuild checks which rebuilds the status tells of.
func unfinishedRebuild(t *testing.T, con operate.Console, views ...string) {
	t.Helper()
	st, err := operate.ReadStatus.Run(t.Context(), con, operate.None{}, nil)
	fatal(t, err)
	if len(st.Rebuilds) != len(views) {
		t.Fatalf("unfinished are %+v, want %v", st.Rebuilds, views)
	}
	for i, one := range st.Rebuilds {
		if one.View != views[i] || one.Underway || one.Done < 1 || one.Total < one.Done || one.Unit != "events" {
			t.Errorf("%+v", one)
		}
	}
}

// rebuilt rebuilds views and gives where they went on.
func rebuilt(t *testing.T, con operate.Console, in operate.RebuildViews) (on []operate.Progress) {
	t.Helper()
	var last operate.Progress
	fatal(t, rebuild(t, con, in, func(p operate.Progress) {
		if last = p; p.Resumed {
			on = append(on, p)
		}
	}))
	if last.Done != last.Total {
		t.Errorf("at the end %+v was told", last)
	}
	return on
}
