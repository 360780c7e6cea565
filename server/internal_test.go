package server_test

import (
	"encoding/json"
	"net"
	"slices"
	"strings"
	"testing"

	"accountledger/operate"
	"accountledger/operate/health"
	"accountledger/server"
)

// TestInternalListener (L9): operators see metrics, details of readiness and profiles; the public sees whether the server is
// ready, and no more.
func TestInternalListener(t *testing.T) {
	t.Parallel()
	r := start(t, config(t))
	if a := r.want(200, "GET", "/readyz", "", ""); a.body != "{\"ready\":true}\n" {
		t.Errorf("the public is told %s", a.body)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
		r.want(404, "GET", path, "", "")
	}
	eventually(t, "consumers run", func() bool {
		var told health.Readiness
		fatal(t, json.Unmarshal([]byte(r.inside(200, "/readyz").body), &told))
		return told.Ready && len(told.Consumers) > 3 && !slices.ContainsFunc(told.Consumers, func(c health.ConsumerState) bool { return c.State != "running" })
	})
	r.inside(200, "/healthz")
	if a := r.inside(200, "/metrics"); !strings.Contains(a.body, "accountledger_consumer_lag{") ||
		!strings.Contains(a.body, `accountledger_http_request_duration_seconds_count{method="GET",route="/readyz"`) {
		t.Errorf("metrics: %s", a.body)
	}
	r.inside(200, "/debug/pprof/heap")
	r.inside(200, "/debug/pprof/profile?seconds=1")
	r.inside(404, "/debug/pprof/cmdline") // settings on it can be secrets
	r.inside(404, "/v1/catalogue")
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if "http://"+st.Internal != r.internal || !strings.HasPrefix(st.Internal, "127.0.0.1:") {
		t.Errorf("status tells of %q, and it is %s", st.Internal, r.internal)
	}
}

// TestInternalListenerIsLeftOut where no address is set.
func TestInternalListenerIsLeftOut(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Internal.HTTP = ""
	r := start(t, cfg)
	st, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	if st.Internal != "" || r.internal != "http://" {
		t.Errorf("%q, %q", st.Internal, r.internal)
	}
}

// TestInternalListenerOpenToAll is said at every start.
func TestInternalListenerOpenToAll(t *testing.T) {
	t.Parallel()
	for address, warned := range map[string]bool{"0.0.0.0:0": true, "127.0.0.1:0": false} {
		cfg := config(t)
		cfg.Internal.HTTP = address
		r := start(t, cfg)
		if said := strings.Contains(r.logs.String(), "from other machines"); said != warned {
			t.Errorf("%s: %s", address, r.logs)
		}
		r.stop()
	}
}

// TestInternalAddressTaken names the setting.
func TestInternalAddressTaken(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	fatal(t, err)
	defer func() { _ = taken.Close() }()
	cfg := config(t)
	cfg.Internal.HTTP = taken.Addr().String()
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: cheap()})
	fatal(t, err)
	if err := s.Run(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "internal.http") {
		t.Errorf("%v", err)
	}
	fatal(t, s.Close())
	if !logEmpty(t, cfg) {
		t.Error("the start that failed left events")
	}
}
