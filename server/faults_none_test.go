package server_test

import (
	"strings"
	"testing"

	"accountledger/operate"
)

// TestNoFaultsOfAWellLedger: a ledger that is stopped and started in the middle of its work tells of no fault.
func TestNoFaultsOfAWellLedger(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	r.stop() // while the views are filled for the first time
	r = start(t, onFolder(t, cfg.Data, map[string]any{"smtp.host": cfg.SMTP.Host, "smtp.port": cfg.SMTP.Port, "smtp.from": cfg.SMTP.From,
		"smtp.tls": cfg.SMTP.TLS}))
	r.join(mail, "ada@example.com", "Ada's band")
	eventually(t, "all views are filled", func() bool { return !strings.Contains(r.send("GET", "/readyz", "", "").body, `"rebuilding"`) })
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	if err != nil || len(st.Faults) != 0 || len(st.Unread) != 0 || !st.Ready {
		t.Errorf("%v %+v", err, st)
	}
	r.stop()
	if text := r.logs.String(); strings.Contains(text, "msg=fault") {
		t.Errorf("the log is\n%s", text)
	}
}
