package server_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/operate"
	"accountledger/server"
)

const (
	mayReadAll    = `{"$acl":{"$r":["$admins","ledger"]}}`
	mayNotReadAll = `{"$acl":{"$r":["$admins"]}}`
)

// TestTheSmallestRights starts as a user who is no administrator: refused by name, with nothing left behind, until that user may read
// $all; then the right is taken away and given back while the ledger is served, and so is that to write.
func TestTheSmallestRights(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	c := esdbtest.Start(t, esdbtest.Options{TLS: true, User: "admin", Password: "changeit", Users: []esdbtest.User{{Name: "ledger", Password: "hunter2"}}})
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", strings.Replace(c.ConnectionAs("ledger", "hunter2"), ":hunter2@", "@", 1)
	cfg.Store.ESDBPasswordFile = filepath.Join(t.TempDir(), "password")
	fatal(t, os.WriteFile(cfg.Store.ESDBPasswordFile, []byte("hunter2\n"), 0o600))
	if s, err := server.Open(t.Context(), cfg, server.Options{}); err == nil {
		t.Fatal("it opened", s.Close())
	} else if !strings.Contains(err.Error(), `reading $all is denied to user "ledger"`) || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("%v", err)
	}
	if exists(cfg.Data) {
		entries, err := os.ReadDir(cfg.Data)
		t.Errorf("left behind: %v %v", entries, err)
	}
	c.SetMetadata("$all", mayReadAll)
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	r.runs()

	c.SetMetadata("$all", mayNotReadAll)
	eventually(t, "every consumer says why it waits", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		for _, one := range st.Consumers {
			if one.State != "waiting" || !strings.Contains(one.Reason, `$all is denied to user "ledger"`) || !one.Unknown {
				return false
			}
		}
		return len(st.Consumers) > 5 && strings.Contains(st.Reason, `reading $all is denied to user "ledger"`)
	})
	r.want(200, "GET", "/v1/me", ada.token, "")
	grant := fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice())
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, grant)
	c.SetMetadata("$all", mayReadAll)
	r.runs()

	c.Write("$settings", esdbtest.Raw{Data: []byte(`{"$userStreamAcl":{"$r":"$all","$w":"$admins"}}`)})
	r.want(503, "PUT", "/v1/me/permissions/location", ada.token, strings.Replace(grant, "granted", "withdrawn", 1))
	r.want(http.StatusServiceUnavailable, "GET", "/readyz", "", "")
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if !strings.Contains(st.Reason, "appending to stream") || !strings.Contains(st.Reason, `is denied to user "ledger"`) ||
		len(st.Consumers) < 6 || st.Log.Head == "" {
		t.Errorf("%+v", st)
	}
	if said := r.logs.String(); !strings.Contains(said, `is denied to user`) || strings.Contains(said, "hunter2") {
		t.Error("the log does not say why, or too much")
	}
	c.Write("$settings", esdbtest.Raw{Data: []byte(`{}`)})
	eventually(t, "it is ready by itself", func() bool { return r.send("GET", "/readyz", "", "").status == http.StatusOK })
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, strings.Replace(grant, "granted", "withdrawn", 1))

	c.SetPassword("ledger", "another")
	r.want(503, "PUT", "/v1/me/permissions/location", ada.token, grant)
	eventually(t, "the password is told", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		return !st.Ready && strings.Contains(st.Reason, `the password of user "ledger" is not accepted`)
	})
	c.SetPassword("ledger", "hunter2")
	eventually(t, "it is ready by itself", func() bool { return r.send("GET", "/readyz", "", "").status == http.StatusOK })
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, grant)
	r.runs()
	r.sound()
}
