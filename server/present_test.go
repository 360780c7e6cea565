package server_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/replay/fit"
	"accountledger/replay/restore"
	"accountledger/server"
)

// TestRemovedWhileOpen takes log or vault away from a running server: it acknowledges nothing more, says so, and a backup of what it
// holds open can still be made.
func TestRemovedWhileOpen(t *testing.T) {
	t.Parallel()
	for _, part := range []string{"log", "vault"} {
		t.Run(part, func(t *testing.T) {
			cfg, mail := withMail(t)
			r := start(t, cfg)
			ada := r.join(mail, "ada@example.com", "Ada on the run")
			fatal(t, os.Rename(filepath.Join(cfg.Data, part), filepath.Join(t.TempDir(), part)))
			eventually(t, "it is seen", func() bool {
				st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
				fatal(t, err)
				return !st.Ready && strings.Contains(st.Reason, "was removed or replaced while it is open: make a backup now")
			})
			r.want(503, "GET", "/readyz", "", "")
			r.want(503, "POST", "/v1/me/devices", ada.token, `{"kind":"band","model":"Band 9","name":"another"}`)
			out := filepath.Join(t.TempDir(), "backup")
			_, err := operate.Backup(t.Context(), r.console(), out, nil)
			fatal(t, err)
			r.stop()
			to := moved(t, cfg)
			to.MasterKey = filepath.Join(cfg.Data, "dev-master.key")
			_, err = server.Restore(t.Context(), to, out, restore.Options{}, server.SideOptions{})
			fatal(t, err)
			r = start(t, to)
			r.signIn(ada.email)
		})
	}
}

// TestTwoVaultsOnOneLog starts a second server on the same log with a copy of the vault: the one that meets what the other made stops.
func TestTwoVaultsOnOneLog(t *testing.T) {
	t.Parallel()
	cfg, mail, _ := onEventStoreDB(t)
	cfg.MasterKey = filepath.Join(t.TempDir(), "master.key")
	r := start(t, cfg)
	r.join(mail, "ada@example.com", "Ada on the run")
	r.stop()
	copied := moved(t, cfg)
	fatal(t, os.CopyFS(copied.Data, os.DirFS(cfg.Data)))
	r, other := start(t, cfg), start(t, copied)
	r.join(mail, "bob@example.com", "Bob")
	eventually(t, "the other one stops", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), other.console(), operate.None{}, nil)
		fatal(t, err)
		return !st.Ready && strings.Contains(st.Reason, "another process with another vault appends to this log")
	})
	other.want(503, "POST", "/v1/sign-ups", "", `{"email":"eve@example.com","password":"`+password+`","region":"DE","language":"de","birth_month":"1990-05"}`)
	other.stop()
	if s, err := server.Open(t.Context(), copied, server.Options{Hashing: cheap()}); err == nil {
		t.Error("it opened again", s.Close())
	}
	r.runs()
	r.sound()
}

// TestAnOlderVaultCopiedOverARunningOne copies yesterday's vault into the file while it is open, as cp does: the next start is refused.
func TestAnOlderVaultCopiedOverARunningOne(t *testing.T) {
	t.Parallel()
	a := newAged(t)
	r := start(t, a.cfg)
	r.signIn(a.bob.email)
	old, err := os.ReadFile(filepath.Join(a.old, "vault", "vault.db"))
	fatal(t, err)
	fatal(t, os.WriteFile(filepath.Join(a.cfg.Data, "vault", "vault.db"), old, 0o600))
	r.send("POST", "/v1/me/devices", r.signInOrNot(a.bob), `{"kind":"band","model":"Band 9","name":"Bob's second"}`)
	r.stop()
	var refused *fit.RefusedError
	if s, err := server.Open(t.Context(), a.cfg, server.Options{Hashing: cheap()}); err == nil {
		t.Fatal("it opened", s.Close())
	} else if !errors.As(err, &refused) || !strings.Contains(err.Error(), "vault") {
		t.Errorf("refused otherwise: %v", err)
	}
}

// signInOrNot is signIn where it may fail.
func (r *running) signInOrNot(p person) string {
	r.t.Helper()
	got := r.send("POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, p.email, password))
	if got.status != 201 {
		return ""
	}
	return got.str(r.t, "token")
}
