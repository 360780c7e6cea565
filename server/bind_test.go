package server_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/projections"
	"accountledger/replay/fit"
	"accountledger/server"
)

// aged is a ledger of two people, with copies of its parts from before the second of them came, the first one's device was renamed
// and a third one was erased.
type aged struct {
	t        *testing.T
	cfg      server.Config
	old      string // the data folder then
	ada, bob person
	erasure  string
	erased   person
}

func newAged(t *testing.T) *aged {
	t.Helper()
	cfg, mail := withMail(t)
	a := &aged{t: t, cfg: cfg, old: filepath.Join(t.TempDir(), "old")}
	r := start(t, cfg)
	a.ada, a.erased = r.join(mail, "ada@example.com", "Ada on the run"), r.join(mail, "eve@example.com", "Eve")
	a.stop(r)
	fatal(t, os.CopyFS(a.old, os.DirFS(cfg.Data)))
	r = start(t, cfg)
	a.bob = r.join(mail, "bob@example.com", "Bob")
	a.erasure = r.want(202, "POST", "/v1/erasures", a.erased.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool {
		return strings.Contains(r.send("GET", "/v1/erasures/"+a.erasure, "", "").body, `"completed"`)
	})
	a.stop(r)
	return a
}

// stop stops the server once every view has a live generation.
func (a *aged) stop(r *running) {
	a.t.Helper()
	eventually(a.t, "the views", func() bool {
		live, err := filepath.Glob(filepath.Join(a.cfg.Data, "views", "*.live"))
		return err == nil && len(live) == len(projections.All())
	})
	r.stop()
}

// putBack replaces parts of the data folder by what they were.
func (a *aged) putBack(parts ...string) {
	a.t.Helper()
	for _, part := range parts {
		fatal(a.t, os.RemoveAll(filepath.Join(a.cfg.Data, part)))
		info, err := os.Stat(filepath.Join(a.old, part))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		fatal(a.t, err)
		if info.IsDir() {
			fatal(a.t, os.CopyFS(filepath.Join(a.cfg.Data, part), os.DirFS(filepath.Join(a.old, part))))
			continue
		}
		b, err := os.ReadFile(filepath.Join(a.old, part))
		fatal(a.t, err)
		fatal(a.t, os.WriteFile(filepath.Join(a.cfg.Data, part), b, 0o600))
	}
}

// refused opens the ledger, which must be refused and leave what is there as it is.
func (a *aged) refused(accept fit.Acceptable, words ...string) *fit.RefusedError {
	a.t.Helper()
	before := sizes(a.t, a.cfg.Data)
	s, err := server.Open(a.t.Context(), a.cfg, server.Options{Hashing: cheap()})
	var refused *fit.RefusedError
	if err == nil {
		a.t.Fatal("it was opened", s.Close())
	}
	if !errors.As(err, &refused) || refused.Accept != accept {
		a.t.Fatalf("refused otherwise: %v", err)
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			a.t.Errorf("it does not say %q: %v", w, err)
		}
	}
	if after := sizes(a.t, a.cfg.Data); after != before {
		a.t.Errorf("the refusal left something:\n%s\nbefore\n%s", after, before)
	}
	return refused
}

// sizes are the names of what is in a folder, but for what SQLite makes to look into a file.
func sizes(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	fatal(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.HasSuffix(path, "-shm") && !strings.HasSuffix(path, "-wal") && !strings.Contains(path, "pebble") {
			fmt.Fprintln(&all, path)
		}
		return err
	}))
	return all.String()
}

func TestAMissingVaultIsRefused(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(vault string) error{
		"folder removed": os.RemoveAll,
		"file removed":   func(v string) error { return os.Remove(filepath.Join(v, "vault.db")) },
		"file emptied":   func(v string) error { return os.Truncate(filepath.Join(v, "vault.db"), 0) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAged(t)
			fatal(t, damage(filepath.Join(a.cfg.Data, "vault")))
			a.refused("", "the vault is missing")
			fatal(t, os.Remove(filepath.Join(a.cfg.Data, "dev-master.key"))) // nor is a key made for a vault that is not there
			if _, err := server.Open(t.Context(), a.cfg, server.Options{}); err == nil || exists(filepath.Join(a.cfg.Data, "dev-master.key")) {
				t.Errorf("without a key: %v", err)
			}
		})
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestAMissingLogIsRefused(t *testing.T) {
	a := newAged(t)
	fatal(t, os.RemoveAll(filepath.Join(a.cfg.Data, "log")))
	a.refused("", "the log is missing")
	fatal(t, os.Remove(filepath.Join(a.cfg.Data, "log.acknowledged")))
	fatal(t, os.Remove(filepath.Join(a.cfg.Data, "vault.acknowledged")))
	a.refused("", "the log is missing", "vault")
}

// TestAnOlderVaultIsRefused is T2: with its witness it is known by its transactions, without by the log.
func TestAnOlderVaultIsRefused(t *testing.T) {
	a := newAged(t)
	a.putBack("vault")
	a.refused(fit.AcceptOlderVault, "vault.db", "vault.acknowledged")
	a.putBack("vault.acknowledged")
	a.refused(fit.AcceptOlderVault, "the vault is older than its log")
}

// TestAnOlderLogIsRefused is T3, and goes on from what knows most of what is lost to what knows least.
func TestAnOlderLogIsRefused(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	a.putBack("log")
	a.refused(fit.AcceptOlderLog, "log.acknowledged", "acknowledged events are missing")
	a.putBack("log.acknowledged")
	a.refused(fit.AcceptOlderLog, "the log is older than its vault")
	a.putBack("vault", "vault.acknowledged")
	a.refused(fit.AcceptOlderLog, "the log is older than notify")
	a.putBack("notify.checkpoint")
	a.refused(fit.AcceptOlderLog, "the log is older than")
	a.putBack("views")
	a.refused(fit.AcceptOlderLog, "the log is older than processes")
	a.putBack("deadlines.db", "deadlines.db-wal", "deadlines.db-shm")
	r := start(t, a.cfg) // all parts equally old are no damage
	r.signIn(a.erased.email)
}

func TestAnotherLedgersPartsAreRefused(t *testing.T) {
	t.Parallel()
	a, b := newAged(t), newAged(t)
	a.cfg.MasterKey, b.cfg.MasterKey = "", ""
	take := func(parts ...string) {
		for _, p := range parts {
			fatal(t, os.RemoveAll(filepath.Join(a.cfg.Data, p)))
			if info, err := os.Stat(filepath.Join(b.cfg.Data, p)); err == nil && info.IsDir() {
				fatal(t, os.CopyFS(filepath.Join(a.cfg.Data, p), os.DirFS(filepath.Join(b.cfg.Data, p))))
			} else {
				text, err := os.ReadFile(filepath.Join(b.cfg.Data, p))
				fatal(t, err)
				fatal(t, os.WriteFile(filepath.Join(a.cfg.Data, p), text, 0o600))
			}
		}
	}
	a.old = filepath.Join(t.TempDir(), "own")
	fatal(t, os.CopyFS(a.old, os.DirFS(a.cfg.Data)))
	take("vault", "dev-master.key")
	a.refused("", "the vault belongs to log")
	a.putBack("vault", "dev-master.key")
	take("log")
	a.refused("", "the vault belongs to log")
	a.putBack("log")
	take("views")
	a.refused("", "belongs to log", "made again")
	a.putBack("views")
	take("notify.checkpoint")
	a.refused("", "notify belongs to log")
	a.putBack("notify.checkpoint")
	start(t, a.cfg).signIn(a.bob.email) // the control
}

// TestAnOlderLogIsAccepted: what is lost is lost, nothing that could be replayed goes on, and what was destroyed stays so.
func TestAnOlderLogIsAccepted(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	a.putBack("log")
	accept := fit.Accept{Kind: fit.AcceptOlderLog, Reason: "the disk is gone"}
	if _, err := server.Open(t.Context(), a.cfg, server.Options{Accept: fit.Accept{Kind: fit.AcceptOlderVault, Reason: "x"}}); !errors.Is(err,
		server.ErrNotAcceptable) {
		t.Errorf("accepted for another reason: %v", err)
	}
	if _, err := server.Open(t.Context(), a.cfg, server.Options{Accept: fit.Accept{Kind: fit.AcceptOlderLog}}); err == nil {
		t.Error("accepted without a reason")
	}
	said := &logs{}
	s, err := server.Open(t.Context(), a.cfg, server.Options{Accept: accept, Hashing: cheap(), LogTo: said})
	fatal(t, err)
	fatal(t, s.Close())
	if !strings.Contains(said.String(), "accepted=older-log") || strings.Contains(said.String(), accept.Reason) {
		t.Errorf("logged: %s", said)
	}
	a.afterAcceptance()
}

func TestAnOlderVaultIsAccepted(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	a.putBack("vault")
	accept := fit.Accept{Kind: fit.AcceptOlderVault, Reason: "the disk is gone"}
	s, err := server.Open(t.Context(), a.cfg, server.Options{Accept: accept, Hashing: cheap()})
	fatal(t, err)
	fatal(t, s.Close())
	a.afterAcceptance()
}

func (a *aged) afterAcceptance() {
	t := a.t
	t.Helper()
	if _, err := server.Open(t.Context(), a.cfg, server.Options{Accept: fit.Accept{Kind: fit.AcceptOlderLog, Reason: "x"}}); !errors.Is(err,
		server.ErrNothingToAccept) {
		t.Errorf("accepted what is whole: %v", err)
	}
	r := start(t, a.cfg)
	r.want(401, "GET", "/v1/me", a.ada.token, "")
	me := r.want(200, "GET", "/v1/me", r.signIn(a.ada.email), "")
	if me.fields["email"] != a.ada.email {
		t.Errorf("she is answered %s", me.body)
	}
	for _, gone := range []string{a.bob.email, a.erased.email} {
		r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, gone, password))
	}
	if state := r.want(200, "GET", "/v1/erasures/"+a.erasure, "", ""); !strings.Contains(state.body, `"completed"`) {
		t.Errorf("her erasure: %s", state.body)
	}
	v, err := operate.Verify.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !v.OK {
		t.Errorf("%+v", v.Faults)
	}
	eventually(t, "the views", func() bool {
		c, err := operate.Compare.Run(t.Context(), r.console(), nil, nil)
		return err == nil && c.Found == 0
	})
}

// TestTwoImportsAreTwoHistories is T18.
func TestTwoImportsAreTwoHistories(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	r := start(t, a.cfg)
	file := filepath.Join(t.TempDir(), "export.ndjson")
	_, err := operate.ExportFile(t.Context(), r.console(), file, true, nil)
	fatal(t, err)
	token := r.signIn(a.ada.email)
	r.stop()
	var logs []string
	for range 2 {
		to := moved(t, a.cfg)
		to.MasterKey = filepath.Join(a.cfg.Data, "dev-master.key")
		in, err := server.Import(t.Context(), to, file, true, server.SideOptions{})
		fatal(t, err)
		logs = append(logs, in.To)
		r := start(t, to)
		r.want(401, "GET", "/v1/me", token, "")
		officer := r.officer("new-officer@example.org", "compliance")
		eventually(t, "the event of the import", func() bool {
			found := r.send("POST", "/v1/views/activity/query", officer, `{"filter":{"field":"type","op":"eq","value":"ledger.imported"},"with_total":true}`)
			return strings.Contains(found.body, `"total":1`)
		})
		r.stop()
	}
	if logs[0] == logs[1] {
		t.Error("two logs of one id")
	}
}

// TestAFirstStartThatFailsLeavesNothing: neither in a folder that was there nor where there was none.
func TestAFirstStartThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for _, there := range []bool{false, true} {
		cfg := config(t)
		if there {
			fatal(t, os.Mkdir(cfg.Data, 0o700))
		}
		cfg.Passwords.Breached = filepath.Join(t.TempDir(), "no such file")
		if s, err := server.Open(t.Context(), cfg, server.Options{}); err == nil {
			t.Fatal("it opened", s.Close())
		}
		if entries, err := os.ReadDir(cfg.Data); len(entries) > 0 || there != (err == nil) {
			t.Errorf("%v is left, %v", entries, err)
		}
	}
}

// TestAnotherEmptyVaultIsRefused is E7: a second process on the same log, with a vault and a master key of its own.
func TestAnotherEmptyVaultIsRefused(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", esdbtest.Start(t, esdbtest.Options{}).Connection()
	r := start(t, cfg)
	r.join(mail, "ada@example.com", "Ada on the run")
	second := moved(t, cfg)
	s, err := server.Open(t.Context(), second, server.Options{Hashing: cheap()})
	var refused *fit.RefusedError
	if err == nil {
		t.Fatal("it was opened", s.Close())
	}
	if !errors.As(err, &refused) || refused.Accept != "" || !strings.Contains(err.Error(), "the vault is missing") {
		t.Errorf("refused otherwise: %v", err)
	}
	if exists(second.Data) {
		t.Errorf("the refusal left %s", sizes(t, second.Data))
	}
}
