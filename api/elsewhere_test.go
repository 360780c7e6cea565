package api_test

import (
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
)

// beside is another process on the same log, vault and views.
func (l *ledger) beside() *ledger {
	l.t.Helper()
	other := &ledger{t: l.t, views: l.views, store: l.store, clock: l.clock, logs: &buffer{}, deps: l.deps, head: l.head}
	other.ready.Store(true)
	other.begin()
	other.server = httptest.NewServer(other.api.Handler())
	l.t.Cleanup(other.server.Close)
	return other
}

// unchanged fails the test if run makes the log longer.
func (l *ledger) unchanged(what string, run func()) {
	l.t.Helper()
	before, err := l.head(l.t.Context())
	must(l.t, before, err)
	run()
	if after, err := l.head(l.t.Context()); err != nil || after != before {
		l.t.Errorf("%s: something was appended (%v)", what, err)
	}
}

// A session that ended in another process opens nothing in one that has seen it before: no answer, no change, whatever is
// asked and however wrongly.
func TestSessionEndedElsewhere(t *testing.T) {
	t.Parallel()
	here := newLedger(t)
	there := here.beside()
	anna := here.person("anna@example.com")
	notice, device := here.notice("location"), here.device(anna, "kitchen phone")
	for n, r := range []request{
		{401, "GET", "/v1/me", "", ""}, {401, "GET", "/v1/me/history", "", ""}, {401, "GET", "/v1/me/accesses", "", ""},
		{401, "GET", "/v1/me/permissions", "", ""}, {401, "GET", "/v1/me/devices", "", ""}, {401, "GET", "/v1/sessions", "", ""},
		{200, "GET", "/v1/catalogue", "", ""}, {401, "GET", "/v1/me?x=1", "", ""}, // what guests may do is done for a guest
		{401, "PUT", "/v1/me/permissions/location", "", `{"purpose": "navigation", "state": "granted", "notice": "` + notice + `"}`},
		{401, "PUT", "/v1/me/permissions/location", "", `{`}, {401, "PUT", "/v1/me/permissions/nosuch", "", `{"purpose": "x", "state": "granted"}`},
		{401, "POST", "/v1/me/devices", "", `{"kind": "phone", "model": "X1", "name": "mine"}`},
		{401, "PATCH", "/v1/me/devices/" + device, "", `{"name": "two"}`}, {401, "DELETE", "/v1/me/devices/" + device, "", ""},
		{401, "DELETE", "/v1/sessions/" + anna.session, "", ""}, {401, "DELETE", "/v1/sessions", "", ""},
		{401, "POST", "/v1/erasures", "", ""}, {401, "DELETE", "/v1/erasures/" + noID, "", ""},
		{401, "POST", "/v1/lookups", "", "{}"}, {401, "POST", "/v1/views/daily/query", "", "{}"},
		{401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": "wrong-walrus-7"}`, anna.email)}, {404, "GET", "/v1/erasures/" + noID, "", ""},
	} {
		token, session := here.signIn(anna.email)
		here.want(200, "GET", "/v1/sessions", token, "")
		end := "/v1/sessions"
		if n%2 == 0 {
			end += "/" + session
		}
		there.want(204, "DELETE", end, token, "")
		here.unchanged(r.method+" "+r.path, func() { here.want(r.status, r.method, r.path, token, r.body) })
	}
}

// An account that is asked to be erased in another process is closed in one that has seen it open, and the other way round.
func TestClosedElsewhere(t *testing.T) {
	t.Parallel()
	here := newLedger(t)
	there := here.beside()
	anna := here.person("anna@example.com")
	set := `{"purpose": "navigation", "state": "granted", "notice": "` + here.notice("location") + `"}`
	for range 3 {
		here.want(200, "PUT", "/v1/me/permissions/location", anna.token, set)
		erasure := there.want(202, "POST", "/v1/erasures", anna.token, "").str(t, "id")
		here.unchanged("a permission", func() { here.want(403, "PUT", "/v1/me/permissions/location", anna.token, set) })
		there.want(200, "DELETE", "/v1/erasures/"+erasure, anna.token, "")
		here.want(200, "GET", "/v1/me/devices", anna.token, "")
		there.want(202, "POST", "/v1/erasures", anna.token, "")
		if me := here.want(200, "GET", "/v1/me", anna.token, ""); me.str(t, "erasure", "state") != "requested" {
			t.Errorf("an account that is closing: %s", me.text)
		}
		cancelled := there.want(200, "DELETE", "/v1/erasures/"+erasure, anna.token, "")
		if me := here.want(200, "GET", "/v1/me", anna.token, ""); cancelled.str(t, "state") != "cancelled" || me.get(t, "erasure") != nil {
			t.Errorf("an account that goes on: %s", me.text)
		}
	}
}

// Decisions rest on the log as it is now, not as this process last saw it.
func TestChangedElsewhere(t *testing.T) {
	t.Parallel()
	here := newLedger(t)
	there := here.beside()
	anna := here.person("anna@example.com")
	here.grant(anna)
	key := here.service("maps")
	decide := `{"account": "` + anna.account + `", "permission": "location", "purpose": "navigation"}`
	for range 3 {
		for _, p := range []*ledger{here, there} {
			if r := p.want(200, "POST", "/v1/decisions", key, decide); r.str(t, "outcome") != "allowed" {
				t.Fatalf("decision: %s", r.text)
			}
		}
		there.want(200, "PUT", "/v1/me/permissions/location", anna.token, `{"purpose": "navigation", "state": "withdrawn"}`)
		if r := here.want(200, "POST", "/v1/decisions", key, decide); r.str(t, "outcome") != "denied" {
			t.Fatalf("decision after the withdrawal elsewhere: %s", r.text)
		}
		tag := here.want(200, "GET", "/v1/me/permissions", anna.token, "").Header.Get("ETag")
		there.grant(anna)
		here.want(412, "PUT", "/v1/me/permissions/location", anna.token, `{"purpose": "navigation", "state": "withdrawn"}`, header{"If-Match", tag})
		device := there.device(anna, "kitchen phone")
		here.want(200, "PATCH", "/v1/me/devices/"+device, anna.token, `{"name": "hall phone"}`)
		if d := there.want(200, "GET", "/v1/me/devices", anna.token, ""); !strings.Contains(d.text, "hall phone") {
			t.Errorf("devices: %s", d.text)
		}
		there.want(204, "DELETE", "/v1/me/devices/"+device, anna.token, "")
		here.want(404, "PATCH", "/v1/me/devices/"+device, anna.token, `{"name": "two"}`)
	}
}
