package api_test

import (
	"fmt"
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// TestSignInByCode: where the operator asked for it, a person's sign-in from a client that is not known answers 202 and nothing that gives
// access; the code that was sent makes it a session. Wrong passwords are answered as ever.
func TestSignInByCode(t *testing.T) {
	t.Parallel()
	l := newLedgerThat(t, func(c *commands.Config) { c.Unusual = commands.UnusualCode })
	anna := l.person("anna@example.com")
	known := l.want(401, "POST", "/v1/sessions", "", strings.Replace(signInBody(anna.email, false), password, "another", 1))
	unknown := l.want(401, "POST", "/v1/sessions", "", signInBody("nobody@example.com", false))
	if known.text != unknown.text {
		t.Errorf("%s and %s", known.text, unknown.text)
	}
	r := l.want(202, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	for _, hidden := range []string{"token", "alp_", "alr_", anna.account, anna.email, "session\""} {
		if strings.Contains(r.text, hidden) {
			t.Errorf("the answer has %s: %s", hidden, r.text)
		}
	}
	id, handle := r.str(t, "sign_in"), r.str(t, "handle")
	if !strings.Contains(r.text, `"needs":["code"]`) || r.get(t, "expires_at") == nil || r.Header.Get("Ledger-Position") != "" {
		t.Errorf("%s %v", r.text, r.Header)
	}
	path := "/v1/sign-ins/" + id + "/factor"
	with := func(handle, code string) string { return fmt.Sprintf(`{"handle": %q, "code": %q}`, handle, code) }
	code := l.code(id, 1)
	for _, c := range []struct {
		path, body, code string
		status           int
	}{
		{path, with("another", code), "sign_in_unknown", 404},
		{"/v1/sign-ins/" + noID + "/factor", with(handle, code), "sign_in_unknown", 404},
		{"/v1/sign-ins/x/factor", with(handle, code), "sign_in_unknown", 404},
		{path, with(handle, "wrong"), "wrong_code", 422},
		{path, with(handle, ""), "required", 422},
		{path, with("", code), "required", 422},
		{"/v1/verifications/" + id + "/check", with(handle, code), "verification_unknown", 404},
		{"/v1/verifications/" + id + "/resend", fmt.Sprintf(`{"handle": %q}`, handle), "verification_unknown", 404},
	} {
		if r := l.want(c.status, "POST", c.path, "", c.body); r.str(t, "code") != c.code {
			t.Errorf("%s %s: %s", c.path, c.body, r.text)
		}
	}
	in := l.want(201, "POST", path, "", with(handle, code))
	l.want(200, "GET", "/v1/me", in.str(t, "token"), "")
	if r := l.want(410, "POST", path, "", with(handle, code)); r.str(t, "code") != "sign_in_ended" {
		t.Error(r.text)
	}
	body := strings.Replace(signInBody(anna.email, false), "{", fmt.Sprintf(`{"client": %q, `, in.str(t, "client")), 1)
	l.want(201, "POST", "/v1/sessions", "", body)
	l.officer("officer@example.org", domain.RoleCompliance)
	l.staffToken("officer@example.org")
	if history := l.want(200, "GET", "/v1/me/history", in.str(t, "token"), "").text; !strings.Contains(history, `"methods":["password","code"]`) {
		t.Errorf("the history is %s", history)
	}
}
