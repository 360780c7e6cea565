package api_test

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
)

// TestNothingIsLogged: personal values, secrets and ids of a whole walk that succeeds are in no log, metric or header.
func TestNothingIsLogged(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	agent := header{"User-Agent", canary + "-agent"}
	up := l.want(202, "POST", "/v1/sign-ups", "", signUpBody(canary+"@example.com"), agent, header{"Idempotency-Key", uuid.NewString()})
	id := up.str(t, "verification")
	l.want(200, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, up.str(t, "handle"), l.code(id, 1)), agent)
	in := l.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, canary+"@example.com", password), agent)
	token := in.str(t, "token")
	device := l.want(201, "POST", "/v1/me/devices", token, `{"kind": "phone", "model": "`+canary+`", "name": "`+canary+`"}`, agent,
		header{"Idempotency-Key", canary})
	deviceID := device.str(t, "id")
	l.want(200, "PATCH", "/v1/me/devices/"+deviceID, token, `{"name": "`+canary+`2"}`, agent)
	if s := l.want(200, "GET", "/v1/sessions", token, ""); s.str(t, "sessions", 0, "user_agent") != canary+"-agent" ||
		s.str(t, "sessions", 0, "address") != "127.0.0.1" {
		t.Errorf("sessions: %s", s.text)
	}
	officer := l.officer("officer-"+canary+"@example.org", domain.RoleCompliance)
	l.want(200, "POST", "/v1/lookups", officer, `{"email": "`+canary+`@example.com", "purpose": "audit", "case": "AB-1"}`, agent)
	l.want(200, "POST", "/v1/views/accounts/query", officer, `{"filter": {"field": "region", "op": "eq", "value": "`+canary+`"}}`, agent)
	l.want(200, "GET", "/v1/catalogue?language="+url.QueryEscape("de-DE"), "", "", agent, header{"X-Request-Id", canary}, header{"X-Forwarded-For", canary})
	erasure := l.want(202, "POST", "/v1/erasures", token, "", agent)
	l.want(200, "GET", "/v1/erasures/"+erasure.str(t, "id"), "", "", agent)
	logs, metrics := l.logs.String(), l.metrics()
	for what, secret := range map[string]string{"a value": canary, "a token": token, "a device": deviceID, "an account": in.str(t, "account"),
		"a verification": id, "a handle": up.str(t, "handle"), "an erasure": erasure.str(t, "id"), "an address": "127.0.0.1",
		"a password": password, "a query": "de-DE"} {
		if strings.Contains(logs, secret) {
			t.Errorf("the log holds %s", what)
		}
		if strings.Contains(metrics, secret) {
			t.Errorf("the metrics hold %s", what)
		}
	}
	if !strings.Contains(logs, `"operation":"renameDevice","route":"/v1/me/devices/{id}","method":"PATCH","status":200`) {
		t.Errorf("the log has no line for the request: %s", logs)
	}
	if !strings.Contains(metrics, `accountledger_http_request_duration_seconds_count{method="PATCH",route="/v1/me/devices/{id}",status="2xx"} 1`) {
		t.Error("the metrics do not count the request")
	}
}

// TestTakenAddressAnswersAlike: nothing in the answer to a sign-up tells whether the address has an account.
func TestTakenAddressAnswersAlike(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.person("anna@example.com")
	l.clock.round() // so that times are as long
	free := l.want(202, "POST", "/v1/sign-ups", "", signUpBody("free@example.com"))
	l.clock.round()
	taken := l.want(202, "POST", "/v1/sign-ups", "", signUpBody("anna@example.com"))
	if len(free.text) != len(taken.text) || len(free.Header) != len(taken.Header) {
		t.Errorf("%s\n%s", free.text, taken.text)
	}
	unknown := l.want(401, "POST", "/v1/sessions", "", `{"email": "nobody@example.com", "password": "wrong-walrus-7"}`)
	known := l.want(401, "POST", "/v1/sessions", "", `{"email": "anna@example.com", "password": "wrong-walrus-7"}`)
	if unknown.text != known.text {
		t.Errorf("%s\n%s", unknown.text, known.text)
	}
}

// TestMessagesAreLimited: a fourth message to one address from one network within the hour is refused, and the refusal is the same
// whether or not the address has an account. An account's own messages are not counted with them.
func TestMessagesAreLimited(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	l.clock.add(2 * time.Hour)
	var told []string
	for _, email := range []string{"free@example.com", "anna@example.com"} {
		for range 3 {
			l.want(202, "POST", "/v1/sign-ups", "", signUpBody(email))
		}
		r := l.want(429, "POST", "/v1/sign-ups", "", signUpBody(email))
		if seconds, err := strconv.Atoi(r.Header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 3600 || r.str(t, "code") != "too_many_messages" {
			t.Errorf("Retry-After %q: %s", r.Header.Get("Retry-After"), r.text)
		}
		if strings.Contains(r.text, "example.com") {
			t.Errorf("the refusal repeats the address: %s", r.text)
		}
		told = append(told, r.text)
	}
	if told[0] != told[1] {
		t.Errorf("%s\n%s", told[0], told[1])
	}
	fresh := l.want(200, "POST", "/v1/me/session/raise", anna.token, `{"password": "`+password+`"}`).str(t, "token")
	l.want(202, "POST", "/v1/me/contacts", fresh, `{"email": "free@example.com"}`)
	if lines := l.security(); lines[len(lines)-1]["event"] != "rate_limited" || lines[len(lines)-1]["reason"] != "too_many_messages" {
		t.Errorf("%v", lines[len(lines)-1])
	}
}

// TestRateLimit: too many refused sign-ins of one address are answered with when to try again.
func TestRateLimit(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	wrong := `{"email": "nobody@example.com", "password": "wrong-walrus-7"}`
	for range 20 {
		l.want(401, "POST", "/v1/sessions", "", wrong)
	}
	if r := l.want(429, "POST", "/v1/sessions", "", wrong); r.Header.Get("Retry-After") == "" || r.str(t, "code") != "too_many_attempts" {
		t.Error(r.text)
	}
}
