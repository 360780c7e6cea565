package server_test

import (
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"accountledger/operate"
	"accountledger/server"
)

// TestAStopDrains (T13): not ready at once, everything answered meanwhile, an end at the second signal, and then refused.
func TestAStopDrains(t *testing.T) {
	p := serving(t, "http_drain: 1h\n")
	p.want(200, "GET", "/readyz", "", "")
	fatal(t, p.cmd.Process.Signal(syscall.SIGTERM))
	eventually(t, "it says that it is not ready", func() bool { return p.send("GET", "/readyz", "", "").status == 503 })
	http.DefaultClient.CloseIdleConnections() // what comes now is sent on new connections
	p.want(202, "POST", "/v1/sign-ups", "", `{"email":"ada@example.com","password":"correct-horse-battery","region":"DE","language":"en","birth_month":"1990-05"}`)
	resp, err := http.Get(p.url + "/healthz")
	fatal(t, err)
	fatal(t, resp.Body.Close())
	if resp.StatusCode != 200 || !resp.Close {
		t.Errorf("%d, and the connection is to be kept: %v", resp.StatusCode, !resp.Close)
	}
	st, err := operate.ReadStatus.Run(t.Context(), p.console(), operate.None{}, nil)
	fatal(t, err)
	if st.Ready || !strings.Contains(st.Reason, "stopping") {
		t.Errorf("status says %v, %q", st.Ready, st.Reason)
	}
	p.end(syscall.SIGTERM) // fails the test unless the program ends with 0
	if c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(p.url, "http://")); err == nil {
		_ = c.Close()
		t.Error("somebody listens still")
	}
}

// TestADrainEnds: by itself, when its time is over.
func TestADrainEnds(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.HTTPDrain = 50 * time.Millisecond
	r := start(t, cfg)
	began := time.Now()
	r.stop()
	if took := time.Since(began); took < cfg.HTTPDrain {
		t.Errorf("it served on for %s", took)
	}
	if !strings.Contains(r.logs.String(), "draining") {
		t.Errorf("nothing is said: %s", r.logs)
	}
}

// TestDefaultsOfDevelopment: what is set wins over what dev makes of a default.
func TestDefaultsOfDevelopment(t *testing.T) {
	for name, c := range map[string]struct {
		set  map[string]any
		want time.Duration
	}{
		"production":        {map[string]any{}, 5 * time.Second},
		"development":       {map[string]any{"dev": "true"}, 0},
		"set, development":  {map[string]any{"dev": true, "http_drain": "7s"}, 7 * time.Second},
		"none, production":  {map[string]any{"http_drain": "0s"}, 0},
		"no development":    {map[string]any{"dev": "false"}, 5 * time.Second},
		"default, and said": {map[string]any{"dev": true, "http_drain": "5s"}, 5 * time.Second},
	} {
		cfg, err := server.LoadConfig("", c.set)
		fatal(t, err)
		if cfg.HTTPDrain != c.want {
			t.Errorf("%s: %s, wanted %s", name, cfg.HTTPDrain, c.want)
		}
	}
	if _, err := server.LoadConfig("", map[string]any{"http_drain": "-1s"}); err == nil || !strings.Contains(err.Error(), "http_drain") {
		t.Errorf("%v", err)
	}
}
