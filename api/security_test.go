package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
)

// security gives the lines of the security log, without time, level and request, which all have.
func (l *ledger) security() (out []map[string]any) {
	l.t.Helper()
	for line := range strings.Lines(l.logs.String()) {
		var v map[string]any
		must(l.t, 0, json.Unmarshal([]byte(line), &v))
		if v["msg"] != "security" {
			continue
		}
		if v["level"] != "WARN" || len(fmt.Sprint(v["request"])) != 36 || len(fmt.Sprint(v["network"])) != 16 {
			l.t.Errorf("a line without level, request or network: %s", line)
		}
		for _, name := range []string{"msg", "level", "time", "request", "network"} {
			delete(v, name)
		}
		out = append(out, v)
	}
	return out
}

// refusal is what a refused request writes; fields that are missing must not be there, "*" stands for anything.
type refusal map[string]any

func refusalOf(event, reason, operation, method, route string, status int, kind string) refusal {
	return refusal{"event": event, "reason": reason, "operation": operation, "method": method, "route": route, "status": float64(status), "caller_kind": kind}
}

func (r refusal) with(name, value string) refusal {
	out := maps.Clone(r)
	out[name] = value
	return out
}

// by is the refusal of somebody who is signed in.
func (r refusal) by(caller, session string) refusal {
	return r.with("caller", caller).with("session", session)
}

func (r refusal) is(line map[string]any) bool {
	return maps.EqualFunc(r, line, func(want, got any) bool { return want == got || want == "*" && got != "" })
}

// TestSecurityLog asks what is refused as everybody: each refusal writes one line with the right fields, what is allowed or
// merely malformed writes none, and nothing personal or secret is in it.
func TestSecurityLog(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person(canary+"-anna@example.com"), l.person(canary+"-ben@example.com")
	officer, service := l.officer(canary+"-officer@example.org", domain.RoleAnalyst), l.service("maps")
	annasDevice := l.device(anna, canary+"-device")
	up := l.want(202, "POST", "/v1/sign-ups", "", signUpBody(canary+"-free@example.com"))
	verification, handle := up.str(t, "verification"), up.str(t, "handle")
	erasure := l.want(202, "POST", "/v1/erasures", ben.token, "").str(t, "id")
	l.want(400, "POST", "/v1/sessions", "", "{")
	l.want(404, "GET", "/"+canary, "", "")
	if got := l.security(); len(got) != 0 {
		t.Fatalf("lines before anything was refused: %v", got)
	}
	wrong := canary + "-wrong-walrus-7"
	check := "/v1/verifications/{id}/check"
	steps := []struct {
		name, method, path, token, body string
		want                            refusal
	}{
		{"wrong password", "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, anna.email, wrong),
			refusalOf("sign_in_failed", "wrong_credentials", "signIn", "POST", "/v1/sessions", 401, "guest").with("target", "*")},
		{"unknown address", "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, canary+"-nobody@example.com", wrong),
			refusalOf("sign_in_failed", "wrong_credentials", "signIn", "POST", "/v1/sessions", 401, "guest").with("target", "*")},
		{"officer's wrong password", "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q, "staff": true}`, canary+"-officer@example.org", wrong),
			refusalOf("sign_in_failed", "wrong_credentials", "signIn", "POST", "/v1/sessions", 401, "guest").with("target", "*")},
		{"wrong enrolment code", "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code": %q, "password": %q}`, "ale_"+canary, wrong),
			refusalOf("enrolment_refused", "enrolment_refused", "enrol", "POST", "/v1/enrolments", 403, "guest")},
		{"wrong code", "POST", "/v1/verifications/" + verification + "/check", "", fmt.Sprintf(`{"handle": %q, "code": "x"}`, handle),
			refusalOf("code_refused", "wrong_code", "checkCode", "POST", check, 422, "guest").with("target", "*")},
		{"wrong handle", "POST", "/v1/verifications/" + verification + "/check", "", `{"handle": "` + canary + `", "code": "123456"}`,
			refusalOf("code_refused", "verification_unknown", "checkCode", "POST", check, 404, "guest").with("target", "*")},
		{"no token", "GET", "/v1/me", "", "", refusalOf("token_missing", "not_signed_in", "me", "GET", "/v1/me", 401, "guest")},
		{"no service key", "POST", "/v1/decisions", "", "{}", refusalOf("token_missing", "wrong_service_key", "decideAccess", "POST", "/v1/decisions", 401, "guest")},
		{"wrong token", "GET", "/v1/me", "alp_" + canary, "", refusalOf("token_refused", "not_signed_in", "me", "GET", "/v1/me", 401, "guest")},
		{"token with another secret", "GET", "/v1/me", anna.token[:len(anna.token)-4] + "AAAA", "",
			refusalOf("token_refused", "not_signed_in", "me", "GET", "/v1/me", 401, "guest")},
		{"malformed service key", "POST", "/v1/decisions", "alk_" + canary, "{}",
			refusalOf("token_refused", "wrong_service_key", "decideAccess", "POST", "/v1/decisions", 401, "guest")},
		{"wrong service key", "POST", "/v1/decisions", service[:len(service)-4] + "AAAA", "{}",
			refusalOf("token_refused", "wrong_service_key", "decideAccess", "POST", "/v1/decisions", 401, "guest")},
		{"owner at a route of compliance", "POST", "/v1/lookups", anna.token, `{"email": "` + ben.email + `"}`,
			refusalOf("access_refused", "not_allowed", "lookUp", "POST", "/v1/lookups", 403, "person").by(anna.account, anna.session)},
		{"somebody whose account is being erased", "POST", "/v1/me/devices", ben.token, "",
			refusalOf("access_refused", "account_closing", "linkDevice", "POST", "/v1/me/devices", 403, "person").by(ben.account, ben.session)},
		{"another person's device", "DELETE", "/v1/me/devices/" + noID, anna.token, "",
			refusalOf("access_refused", "not_found", "unlinkDevice", "DELETE", "/v1/me/devices/{id}", 404, "person").by(anna.account, anna.session).with("target", "*")},
		{"another person's erasure", "DELETE", "/v1/erasures/" + erasure, anna.token, "",
			refusalOf("access_refused", "not_found", "cancelErasure", "DELETE", "/v1/erasures/{id}", 404, "person").by(anna.account, anna.session).with("target", "*")},
		{"a guessed erasure", "GET", "/v1/erasures/" + canary, "", "",
			refusalOf("access_refused", "not_found", "seeErasure", "GET", "/v1/erasures/{id}", 404, "guest").with("target", "*")},
		{"service at a person's route", "GET", "/v1/me", service, "",
			refusalOf("access_refused", "not_allowed", "me", "GET", "/v1/me", 403, "service").with("caller", "*")},
		{"service at a route for people and officers", "GET", "/v1/sessions", service, "",
			refusalOf("access_refused", "not_signed_in", "listSessions", "GET", "/v1/sessions", 401, "service").with("caller", "*")},
		{"service beyond its key", "POST", "/v1/decisions", service, fmt.Sprintf(`{"account": %q, "permission": "location", "purpose": "research"}`, anna.account),
			refusalOf("access_refused", "outside_service_key", "decideAccess", "POST", "/v1/decisions", 403, "service").with("caller", "*")},
		{"analyst at a view of compliance", "POST", "/v1/views/accounts/query", officer, "{}",
			refusalOf("access_refused", "not_allowed", "queryView", "POST", "/v1/views/{view}/query", 403, "staff").by("*", "*")},
		{"analyst reveals", "POST", "/v1/accounts/" + anna.account + "/reveal", officer, "{}",
			refusalOf("access_refused", "not_allowed", "reveal", "POST", "/v1/accounts/{id}/reveal", 403, "staff").by("*", "*").with("target", "*")},
	}
	var all []map[string]any
	for _, s := range steps {
		before := len(l.security())
		r := l.send(s.method, s.path, s.token, s.body, header{"User-Agent", canary}, header{"X-Forwarded-For", canary})
		got := l.security()[before:]
		if len(got) != 1 || !s.want.is(got[0]) {
			t.Errorf("%s: %d %s\n%v instead of\n%v", s.name, r.StatusCode, r.text, got, s.want)
			continue
		}
		all = append(all, got[0])
	}
	logs := l.logs.String()
	for what, secret := range map[string]string{"a value": canary, "a token": anna.token, "a service key": service, "a device": annasDevice,
		"a verification": verification, "a handle": handle, "an erasure": erasure, "an address": "127.0.0.1", "a network": "127.0.0", "a password": password} {
		if strings.Contains(logs, secret) {
			t.Errorf("the log holds %s", what)
		}
	}
	counted := map[any]int{}
	for _, line := range all {
		counted[line["event"]]++
	}
	for event, n := range counted {
		if want := fmt.Sprintf("accountledger_security_events_total{event=%q} %d\n", event, n); !strings.Contains(l.metrics(), want) {
			t.Errorf("the metrics do not have %s", want)
		}
	}
}

// target makes a sign-in that is refused and gives the target that its line has.
func (l *ledger) target(status int, email string, staff bool) string {
	l.t.Helper()
	l.want(status, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": "wrong-walrus-7", "staff": %t}`, email, staff))
	lines := l.security()
	last, _ := lines[len(lines)-1]["target"].(string)
	if len(last) != 16 {
		l.t.Errorf("target %q", last)
	}
	return last
}

// TestSecurityLogCorrelates: sign-ins at one identifier have one target for a day, in all processes, whether or not anybody has
// it. Too many attempts are logged with it.
func TestSecurityLogCorrelates(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.person("anna@example.com")
	taken, free := l.target(401, "anna@example.com", false), l.target(401, "free@example.com", false)
	if again := l.target(401, "Anna@EXAMPLE.com", false); again != taken || taken == free {
		t.Errorf("%s, %s, then %s", taken, free, again)
	}
	if l.target(401, "anna@example.com", true) == taken {
		t.Error("an officer's sign-in has a person's target")
	}
	there := l.beside()
	if other := there.target(401, "anna@example.com", false); other != taken {
		t.Errorf("another process writes %s instead of %s", other, taken)
	}
	for range 19 {
		l.want(401, "POST", "/v1/sessions", "", `{"email": "free@example.com", "password": "wrong-walrus-7"}`)
	}
	if n := len(l.security()); n != 10 {
		t.Errorf("%d lines from one network", n)
	}
	if limited := l.target(429, "free@example.com", false); limited != free {
		t.Errorf("%s instead of %s", limited, free)
	}
	if lines := l.security(); lines[len(lines)-1]["event"] != "rate_limited" || lines[len(lines)-1]["reason"] != "too_many_attempts" {
		t.Errorf("%v", lines)
	}
	l.clock.add(24 * time.Hour)
	if tomorrow := there.target(401, "anna@example.com", false); tomorrow == taken {
		t.Error("the target is the same on another day")
	}
}
