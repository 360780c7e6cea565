package server_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"accountledger/operate"
)

// TestALogServerThatFreezes: people are told within the time of a request, those after them at once, the operator reads since when, and
// all goes on by itself; a server that stops meanwhile ends.
func TestALogServerThatFreezes(t *testing.T) {
	t.Parallel()
	const request = 2 * time.Second
	cfg, mail, c := onEventStoreDB(t)
	cfg.Store.ESDB = c.Connection(fmt.Sprintf("defaultDeadline=%d", request.Milliseconds()))
	r := start(t, cfg)
	ada := r.join(mail, "ada@example.com", "Ada on the run")
	grant := fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice())
	c.Node(0).Freeze()
	timed := func(limit time.Duration, method, path, body string) answer {
		t.Helper()
		begun := time.Now()
		got := r.send(method, path, ada.token, body)
		if took := time.Since(begun); took > limit {
			t.Errorf("%s %s took %s", method, path, took)
		}
		return got
	}
	if got := timed(5*request, "PUT", "/v1/me/permissions/location", grant); got.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", got.status, got.body)
	}
	for range 3 {
		if got := timed(request, "PUT", "/v1/me/permissions/location", grant); got.status != http.StatusServiceUnavailable {
			t.Errorf("%d %s", got.status, got.body)
		}
	}
	if got := timed(request, "GET", "/readyz", ""); got.status != http.StatusServiceUnavailable {
		t.Errorf("%d %s", got.status, got.body)
	}
	if said := r.logs.String(); !strings.Contains(said, "kind=unreachable") || !strings.Contains(said, "no answer in time") {
		t.Errorf("the log says\n%s", said)
	}
	if _, faults := r.faultsOf("log"); !slices.ContainsFunc(faults,
		func(f operate.Fault) bool { return strings.Contains(f.Says, "the log has not answered since") }) {
		t.Errorf("%+v", faults)
	}
	c.Node(0).Thaw()
	r.runs()
	if got := timed(5*request, "PUT", "/v1/me/permissions/location", grant); got.status != http.StatusOK {
		t.Errorf("%d %s", got.status, got.body)
	}
	r.sound()
	c.Node(0).Freeze()
	begun := time.Now()
	r.stop()
	if took := time.Since(begun); took > 20*time.Second {
		t.Errorf("stopping took %s", took)
	}
	c.Node(0).Thaw()
}
