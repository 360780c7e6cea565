package api_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
)

const lanterns = "seven lanterns under a bridge"

// recovery is one that was asked for.
type recovery struct{ id, handle string }

func (l *ledger) recover(email string) recovery {
	l.t.Helper()
	r := l.want(202, "POST", "/v1/recoveries", "", fmt.Sprintf(`{"email": %q}`, email))
	return recovery{r.str(l.t, "recovery"), r.str(l.t, "handle")}
}

func (r recovery) path(step string) string { return "/v1/recoveries/" + r.id + "/" + step }

func (r recovery) with(field, value string) string {
	return fmt.Sprintf(`{"handle": %q, %q: %q}`, r.handle, field, value)
}

// TestRecovery: ask, check, complete. No answer gives access, has the address, or says more than is known by then; every session has ended,
// and the owner signs in with the new password and sees it all.
func TestRecovery(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	asked := l.want(202, "POST", "/v1/recoveries", "", `{"email": "Anna@example.com", "language": "de"}`)
	r := recovery{asked.str(t, "recovery"), asked.str(t, "handle")}
	silent := func(got reply) {
		t.Helper()
		for _, hidden := range []string{`token"`, "alp_", "session", "anna@", "Anna@", lanterns} {
			if strings.Contains(got.text, hidden) {
				t.Errorf("the answer has %s: %s", hidden, got.text)
			}
		}
		if got.Header.Get("Ledger-Position") != "" {
			t.Error("a guest is told a position")
		}
	}
	silent(asked)
	if strings.Contains(asked.text, anna.account) || asked.get(t, "expires_at") == nil || asked.get(t, "code_expires_at") == nil {
		t.Error(asked.text)
	}
	code := l.code(r.id, 1)
	another := recovery{r.id, "another"}
	for _, c := range []struct {
		path, body, code string
		status           int
	}{
		{r.path("check"), another.with("code", code), "recovery_unknown", 404},
		{"/v1/recoveries/" + noID + "/check", r.with("code", code), "recovery_unknown", 404},
		{"/v1/recoveries/x/check", r.with("code", code), "recovery_unknown", 404},
		{"/v1/recoveries/x/complete", r.with("password", lanterns), "recovery_unknown", 404},
		{r.path("check"), r.with("code", "wrong"), "wrong_code", 422},
		{r.path("check"), r.with("code", ""), "required", 422},
		{r.path("check"), recovery{}.with("code", code), "required", 422},
		{r.path("complete"), r.with("password", lanterns), "recovery_unproved", 409},
		{r.path("complete"), r.with("code", code), "unknown_field", 400},
		{r.path("complete"), fmt.Sprintf(`{"handle": %q}`, r.handle), "required", 422},
		{"/v1/verifications/" + r.id + "/check", r.with("code", code), "verification_unknown", 404},
		{"/v1/recoveries", `{"email": "anna"}`, "invalid_email", 422},
		{"/v1/recoveries", `{"email": "anna@example.com", "language": "?"}`, "invalid_language", 422},
		{"/v1/recoveries", `{"email": "anna@example.com", "client": "anna's phone"}`, "invalid_client", 422},
	} {
		got := l.want(c.status, "POST", c.path, "", c.body)
		if got.str(t, "code") != c.code {
			t.Errorf("%s %s: %s", c.path, c.body, got.text)
		}
		silent(got)
	}
	l.want(200, "GET", "/v1/me", anna.token, "")
	checked := l.want(200, "POST", r.path("check"), "", r.with("code", code))
	if silent(checked); !strings.Contains(checked.text, `"needs":[]`) || strings.Contains(checked.text, anna.account) {
		t.Error(checked.text)
	}
	if got := l.want(422, "POST", r.path("complete"), "", r.with("password", "vT9#qLmz")); got.str(t, "code") != "password_too_short" ||
		got.str(t, "field") != "/password" {
		t.Error(got.text)
	}
	l.want(200, "GET", "/v1/me", anna.token, "") // nothing has changed so far
	done := l.want(200, "POST", r.path("complete"), "", r.with("password", lanterns))
	silent(done)
	until, err := time.Parse(time.RFC3339, done.str(t, "guarded_until"))
	if err != nil || until.Sub(l.clock.now()).Round(time.Hour) != domain.GuardLifetime ||
		done.str(t, "account") != anna.account || done.get(t, "closing") != false {
		t.Error(done.text)
	}
	l.want(401, "GET", "/v1/me", anna.token, "")
	l.want(401, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	l.want(409, "POST", r.path("complete"), "", r.with("password", lanterns+" again"))
	in := l.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, anna.email, lanterns))
	history := l.want(200, "GET", "/v1/me/history", in.str(t, "token"), "").text
	for _, typ := range []string{"recovery.requested.v1", "recovery.proved.v1", "recovery.completed.v1", "password.changed.v1", "account.guarded.v1"} {
		if !strings.Contains(history, typ) {
			t.Errorf("the history has no %s", typ)
		}
	}
	if strings.Contains(history, "handle") || strings.Contains(history, "argon2") || strings.Contains(history, code) {
		t.Error("the history has a secret")
	}
	if other := l.want(200, "GET", "/v1/me/history", ben.token, "").text; strings.Contains(other, "recovery.") {
		t.Error("somebody else sees it")
	}
}

// TestRecoveryAnswersAlike: whether nobody has an address, somebody, or somebody whose account is being erased.
func TestRecoveryAnswersAlike(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.person("anna@example.com")
	closing := l.person("zara@example.com")
	l.want(202, "POST", "/v1/erasures", closing.token, "")
	var told [][]string
	for _, email := range []string{"free@example.com", "anna@example.com", "zara@example.com"} {
		l.clock.round() // so that times are as long
		asked := l.want(202, "POST", "/v1/recoveries", "", fmt.Sprintf(`{"email": %q}`, email))
		r := recovery{asked.str(t, "recovery"), asked.str(t, "handle")}
		l.want(202, "POST", "/v1/recoveries", "", fmt.Sprintf(`{"email": %q}`, email))
		limited := l.want(429, "POST", "/v1/recoveries", "", fmt.Sprintf(`{"email": %q}`, email))
		now := []string{fmt.Sprint(len(asked.text), len(asked.Header)), fmt.Sprint(limited.text != "", limited.str(t, "code"))}
		for range domain.MaxTries + 1 {
			got := l.send("POST", r.path("check"), "", r.with("code", "wrong"))
			now = append(now, fmt.Sprint(got.StatusCode, got.text))
		}
		got := l.send("POST", r.path("complete"), "", r.with("password", lanterns))
		told = append(told, append(now, fmt.Sprint(got.StatusCode, strings.ReplaceAll(got.text, r.id, ""))))
	}
	for _, other := range told[1:] {
		if fmt.Sprint(other) != fmt.Sprint(told[0]) {
			t.Errorf("%q\n%q", told[0], other)
		}
	}
}

// TestNothingIsRecoveredByAccident: what a mail scanner opens or posts changes nothing, and neither does who is signed in with a stolen
// session and has no mailbox.
func TestNothingIsRecoveredByAccident(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	r := l.recover(anna.email)
	code := l.code(r.id, 1)
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "OPTIONS"} {
		for _, path := range []string{r.path("check"), r.path("complete"), "/v1/recoveries/" + r.id, "/v1/recoveries"} {
			for _, body := range []string{"", "{}", fmt.Sprintf(`{"code": %q}`, code), fmt.Sprintf(`{"handle": %q, "code": %q}`, code, code)} {
				if got := l.send(method, path, "", body); got.StatusCode < 400 && method != "OPTIONS" {
					t.Errorf("%s %s %s: %d", method, path, body, got.StatusCode)
				}
			}
		}
	}
	if got := l.send("POST", r.path("complete"), anna.token, fmt.Sprintf(`{"handle": %q, "password": %q}`, "", lanterns)); got.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("with a session and no handle: %d", got.StatusCode)
	}
	l.want(409, "POST", r.path("complete"), anna.token, r.with("password", lanterns)) // its own handle, and no code
	l.want(200, "GET", "/v1/me", anna.token, "")
	l.want(200, "POST", r.path("check"), "", r.with("code", code))
}
