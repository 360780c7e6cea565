package server_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
)

// TestWalkOnEventStoreDB walks the line with the log on EventStoreDB: on the server that ACCOUNTLEDGER_TEST_ESDB names, else
// on the test server, over real gRPC, with TLS and a password.
func TestWalkOnEventStoreDB(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.Store.Engine, cfg.Store.ESDB = "esdb", os.Getenv("ACCOUNTLEDGER_TEST_ESDB")
	cfg.Store.Prefix = "test-" + uuid.NewString() + "/" // others use the server, and have before
	if cfg.Store.ESDB == "" {
		cfg.Store.ESDB = esdbtest.Start(t, esdbtest.Options{TLS: true, User: "ledger", Password: "secret"}).Connection()
	}
	r := start(t, cfg)
	walkAndRestart(t, r, mail)
}

// walkAndRestart walks the line on whatever engines the server has, with a restart in the middle.
func walkAndRestart(t *testing.T, r *running, mail *smtptest.Server) {
	t.Helper()
	cfg := r.cfg
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice()))
	officer := r.officer("officer@example.org", "compliance")
	shown := r.want(200, "POST", "/v1/accounts/"+ada.account+"/reveal", officer, `{"parts":["email"],"purpose":"audit","case":"AUD-2026-1"}`)
	if !strings.Contains(shown.body, ada.email) {
		t.Errorf("reveal: %s", shown.body)
	}
	r.stop()
	r = start(t, cfg)
	if seen := r.want(200, "GET", "/v1/me/accesses", ada.token, ""); !strings.Contains(seen.body, "revealed") {
		t.Errorf("accesses: %s", seen.body)
	}
	position := r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`).header.Get("Ledger-Position")
	rows := r.want(200, "POST", "/v1/views/devices/query", officer, lookAt(ada.account),
		"Ledger-Min-Position", position)
	if strings.Count(rows.body, `"kind"`) != 2 {
		t.Errorf("devices: %s", rows.body)
	}
	eventually(t, "all consumers run", func() bool {
		st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
		fatal(t, err)
		for _, c := range st.Consumers {
			if c.State != "running" {
				return false
			}
		}
		return true
	})
	id := r.want(202, "POST", "/v1/erasures", ada.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.want(401, "GET", "/v1/me", ada.token, "")
}
