package api_test

import (
	"strings"
	"testing"
	"time"

	"accountledger/domain"
)

// TestStepUpRequired: the refusal says how old a proof may be and how to give one; then the session has another token, and the old one is
// refused.
func TestStepUpRequired(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, officer := l.person("anna@example.com"), l.officer("officer@example.org", domain.RoleCompliance)
	look := `{"email": "anna@example.com", "purpose": "support", "case": "SUP-1"}`
	l.want(200, "POST", "/v1/lookups", officer, look)
	l.clock.add(6 * time.Minute)
	r := l.want(403, "POST", "/v1/erasures", anna.token, "")
	if r.str(t, "code") != "step_up_required" || r.get(t, "max_age") != 300.0 || r.get(t, "level") != 1.0 || !strings.Contains(r.text, `"ways":["password"]`) ||
		!strings.Contains(r.Header.Get("WWW-Authenticate"), `error="insufficient_user_authentication", acr_values="1", max_age="300"`) {
		t.Errorf("%s %v", r.text, r.Header)
	}
	l.want(200, "GET", "/v1/me", anna.token, "") // what needs no fresh proof
	l.want(422, "POST", "/v1/me/session/raise", anna.token, `{"password": "not hers at all"}`)
	l.want(400, "POST", "/v1/me/session/raise", anna.token, `{`)
	l.want(422, "POST", "/v1/me/session/raise", anna.token, `{}`)
	l.want(401, "POST", "/v1/me/session/raise", "", `{"password": "`+password+`"}`)
	raised := l.want(200, "POST", "/v1/me/session/raise", anna.token, `{"password": "`+password+`"}`).str(t, "token")
	l.want(401, "GET", "/v1/me", anna.token, "")
	l.want(202, "POST", "/v1/erasures", raised, "")

	l.want(200, "POST", "/v1/lookups", officer, look)
	for range 2 {
		l.clock.add(8 * time.Minute)
		l.want(200, "GET", "/v1/sessions", officer, "")
	}
	if r := l.want(403, "POST", "/v1/lookups", officer, look); r.get(t, "max_age") != 900.0 {
		t.Errorf("an officer: %s", r.text)
	}
	officer = l.want(200, "POST", "/v1/me/session/raise", officer, `{"password": "`+password+`"}`).str(t, "token")
	l.want(200, "POST", "/v1/lookups", officer, look)
	l.clock.add(domain.StaffSessionIdle + domain.StaffSeenEvery)
	l.want(401, "GET", "/v1/sessions", officer, "")
}
