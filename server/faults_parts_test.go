package server_test

import (
	"fmt"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	lib "modernc.org/sqlite/lib"

	"accountledger/faults/disk"
)

// TestAFullLogIsSeen (T9): the line in the log names the folder, what the system said and the request.
func TestAFullLogIsSeen(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	h := settle(t, r, r.join(mail, "ada@example.com", "Ada's band"))
	r.stop()
	c := startChild(t, cfg.Data)
	c.fill(true)
	request := c.want(503, "PUT", "/v1/me/permissions/location", h.token, h.deny).header.Get("X-Request-Id")
	c.want(503, "GET", "/readyz", "", "")
	c.cfg = cfg
	st, met := c.faultsOf("log")
	if st.Ready || len(met) == 0 || met[0].Kind != "no_space" || met[0].Errno != "EFBIG" || !strings.HasPrefix(met[0].File, filepath.Join(cfg.Data, "log")) ||
		!strings.Contains(st.Reason, "EFBIG") {
		t.Errorf("status tells %+v, %s", met, st.Reason)
	}
	for series, want := range map[string]string{"accountledger_log_latched": "1", "accountledger_ready": "0"} {
		if got := c.metric(series); got != want {
			t.Errorf("%s is %q", series, got)
		}
	}
	c.stop()
	if !regexp.MustCompile(`msg=fault where=log kind=no_space .*file=` + regexp.QuoteMeta(cfg.Data) + `\S* errno=EFBIG .*request=` +
		request).MatchString(c.logs.String()) {
		t.Errorf("the log is\n%s", c.logs)
	}
}

// TestAFullDiskOfTheViewsIsSeen (T9): status names views and list of deadlines with SQLite's code; the process stays ready.
func TestAFullDiskOfTheViewsIsSeen(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	d := disk.Under(t, filepath.Dir(cfg.Data))
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada's band")
	eventually(t, "all views are filled", func() bool { return !strings.Contains(r.send("GET", "/readyz", "", "").body, `"rebuilding"`) })
	d.Fail(disk.Write, ".g1.db-wal", lib.SQLITE_FULL)
	for n := range 3 {
		r.want(201, "POST", "/v1/me/devices", ada.token, fmt.Sprintf(`{"kind":"phone","model":"X","name":"Y%d"}`, n))
	}
	eventually(t, "status names the views", func() bool {
		st, met := r.faultsOf("views")
		return st.Ready && len(met) > 0 && met[0].Kind == "no_space" && met[0].Engine == "SQLITE_FULL" &&
			met[0].File == filepath.Join(cfg.Data, "views") && met[0].During != ""
	})
	d.Mend()
	d.Fail(disk.Write, "deadlines.db-wal", lib.SQLITE_FULL)
	r.want(202, "POST", "/v1/sign-ups", "", signUpBob)
	eventually(t, "status names the list of deadlines", func() bool {
		_, met := r.faultsOf("lists")
		return len(met) > 0 && met[0].Engine == "SQLITE_FULL" && met[0].File == filepath.Join(cfg.Data, "deadlines.db")
	})
	d.Mend()
}

// TestAMailServerThatIsAwayIsSeen (T9): status and the log name the step and the reason, and nothing of the message.
func TestAMailServerThatIsAwayIsSeen(t *testing.T) {
	t.Parallel()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	fatal(t, err)
	port := l.Addr().(*net.TCPAddr).Port
	fatal(t, l.Close())
	cfg, _ := withMail(t)
	cfg.SMTP.Host, cfg.SMTP.Port = "127.0.0.1", port
	r := start(t, cfg)
	r.want(202, "POST", "/v1/sign-ups", "", signUpBob)
	eventually(t, "status names the messages", func() bool {
		st, met := r.faultsOf("messages")
		return st.Ready && len(met) == 1 && met[0].Kind == "unreachable" && met[0].Says != "" && met[0].During == "notify"
	})
	if text := r.logs.String(); !strings.Contains(text, "msg=fault where=messages kind=unreachable") || strings.Contains(text, "bob@") {
		t.Errorf("the log is\n%s", text)
	}
}
