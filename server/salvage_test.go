package server_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"accountledger/eventstore"
	"accountledger/operate"
	"accountledger/replay/restore"
	"accountledger/replay/salvage"
	"accountledger/server"
)

// TestASalvagedLedgerIsRestored damages the log of a ledger so that it does not open, salvages it, and serves what is restored from
// that.
func TestASalvagedLedgerIsRestored(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, pebble string){
		"the list of files is gone": func(t *testing.T, pebble string) {
			t.Helper()
			for _, path := range glob(t, pebble, "MANIFEST-*") {
				fatal(t, os.Truncate(path, 20))
			}
		},
		"the marker is gone": func(t *testing.T, pebble string) {
			t.Helper()
			for _, path := range glob(t, pebble, "marker.manifest.*") {
				fatal(t, os.Remove(path))
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAged(t)
			damage(t, filepath.Join(a.cfg.Data, "log", "pebble"))
			var corrupt *eventstore.CorruptError
			if s, err := server.Open(t.Context(), a.cfg, server.Options{}); err == nil {
				t.Fatal("it opened", s.Close())
			} else if !errors.As(err, &corrupt) {
				t.Fatalf("refused otherwise: %v", err)
			}
			before := sizes(t, a.cfg.Data)
			out := filepath.Join(t.TempDir(), "salvaged")
			done, err := server.Salvage(t.Context(), a.cfg, out, nil)
			fatal(t, err)
			if done.Missing != 0 || done.Events == 0 || len(done.Damage) == 0 || done.Events != done.Backup.Events {
				t.Errorf("%+v", done)
			}
			if after := sizes(t, a.cfg.Data); after != before || exists(out+".salvaging") || !exists(filepath.Join(out, salvage.Report)) {
				t.Errorf("left: %s, before %s", after, before)
			}
			to := moved(t, a.cfg)
			to.MasterKey = filepath.Join(a.cfg.Data, "dev-master.key")
			_, err = server.Restore(t.Context(), to, out, restore.Options{}, server.SideOptions{})
			fatal(t, err)
			r := start(t, to)
			for _, p := range []person{a.ada, a.bob} {
				if me := r.want(200, "GET", "/v1/me", r.signIn(p.email), ""); me.fields["email"] != p.email {
					t.Errorf("answered %s", me.body)
				}
			}
			r.want(401, "POST", "/v1/sessions", "", `{"email":"`+a.erased.email+`","password":"`+password+`"}`)
			v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
			fatal(t, err)
			if !v.OK {
				t.Errorf("%+v", v.Faults)
			}
		})
	}
}

// TestASalvageSaysWhatIsMissing cuts the newest events off, and more.
func TestASalvageSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	s, err := server.Open(t.Context(), a.cfg, server.Options{})
	fatal(t, err)
	fatal(t, s.Close())
	whole, err := server.Salvage(t.Context(), a.cfg, filepath.Join(t.TempDir(), "whole"), nil)
	fatal(t, err)
	if whole.Missing != 0 || len(whole.Damage) > 0 {
		t.Errorf("of a whole log: %+v", whole)
	}
	newest := glob(t, filepath.Join(a.cfg.Data, "log", "pebble"), "*.sst")
	fatal(t, os.Truncate(newest[0], 100))
	done, err := server.Salvage(t.Context(), a.cfg, filepath.Join(t.TempDir(), "cut"), nil)
	fatal(t, err)
	if done.Events >= whole.Events || done.Missing < 1 || done.Events+done.Missing > whole.Events || len(done.Damage) == 0 ||
		done.Damage[0].File != filepath.Base(newest[0]) {
		t.Errorf("%+v", done)
	}
	if _, err := server.Salvage(t.Context(), a.cfg, filepath.Join(a.cfg.Data, "inside"), nil); err == nil {
		t.Error("into the data folder")
	}
}

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, pattern))
	fatal(t, err)
	if len(all) == 0 {
		t.Fatalf("there is no %s", pattern)
	}
	return all
}
