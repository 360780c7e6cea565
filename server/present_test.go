package server_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/server"
)

// TestRemovedWhileOpen takes log or vault away from a running server: it acknowledges nothing more, says so, and a backup of what it
// holds open can still be made.
func TestRemovedWhileOpen(t *testing.T) {
	for _, part := range []string{"log", "vault"} {
		t.Run(part, func(t *testing.T) {
			cfg, mail := withMail(t)
			r := start(t, cfg)
			ada := r.join(mail, "ada@example.com", "Ada on the run")
			fatal(t, os.Rename(filepath.Join(cfg.Data, part), filepath.Join(t.TempDir(), part)))
			eventually(t, "it is seen", func() bool {
				st, err := r.console().Status(t.Context())
				fatal(t, err)
				return !st.Ready && strings.Contains(st.Reason, "was removed or replaced while it is open: make a backup now")
			})
			r.want(503, "GET", "/readyz", "", "")
			r.want(503, "POST", "/v1/me/devices", ada.token, `{"kind":"band","model":"Band 9","name":"another"}`)
			out := filepath.Join(t.TempDir(), "backup")
			_, err := server.Backup(t.Context(), r.console(), out, nil)
			fatal(t, err)
			r.stop()
			to := moved(t, cfg)
			to.MasterKey = filepath.Join(cfg.Data, "dev-master.key")
			_, err = server.Restore(t.Context(), to, out, server.RestoreOptions{}, server.MoveOptions{})
			fatal(t, err)
			r = start(t, to)
			r.signIn(ada.email)
		})
	}
}

// TestTwoVaultsOnOneLog starts a second server on the same log with a copy of the vault: whoever meets what the other one made stops.
func TestTwoVaultsOnOneLog(t *testing.T) {
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
		st, err := other.console().Status(t.Context())
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
