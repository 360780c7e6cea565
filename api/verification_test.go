package api_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
)

// TestWrongCodes: wrong, then ended at the fifth, and the right one comes too late.
func TestWrongCodes(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	up := l.want(202, "POST", "/v1/sign-ups", "", signUpBody("anna@example.com"))
	id, handle := up.str(t, "verification"), up.str(t, "handle")
	check := func(status int, code, handle string) {
		t.Helper()
		l.want(status, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, handle, code))
	}
	right := l.code(id, 1)
	check(404, right, "another handle")
	for range 4 {
		check(422, "wrong", handle)
	}
	check(410, "wrong", handle)
	check(410, right, handle)
	l.want(410, "POST", "/v1/verifications/"+id+"/resend", "", fmt.Sprintf(`{"handle": %q}`, handle))
}

// TestResend: within a minute nothing is new; then the old code passes no more. A code passes once.
func TestResend(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	up := l.want(202, "POST", "/v1/sign-ups", "", signUpBody("anna@example.com"))
	id, handle := up.str(t, "verification"), up.str(t, "handle")
	resend := func() string {
		t.Helper()
		return l.want(202, "POST", "/v1/verifications/"+id+"/resend", "", fmt.Sprintf(`{"handle": %q}`, handle)).str(t, "code_expires_at")
	}
	check := func(status int, code string) {
		t.Helper()
		l.want(status, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, handle, code))
	}
	old := l.code(id, 1)
	if resend() != up.str(t, "code_expires_at") {
		t.Error("a double click made a new code")
	}
	l.clock.add(2 * time.Minute)
	if resend() == up.str(t, "code_expires_at") {
		t.Error("no new code")
	}
	check(422, old)
	check(200, l.code(id, 2))
	check(409, old)
}

// TestMissedVerificationInHistory: its owner sees that it came to nothing, without the code or the address, and nobody else does.
func TestMissedVerificationInHistory(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	asked := l.want(202, "POST", "/v1/me/contacts", anna.token, `{"email": "another@example.net"}`)
	id := asked.str(t, "verification")
	code := l.code(id, 1)
	for range domain.MaxTries {
		l.send("POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle": %q, "code": "00000000"}`, asked.str(t, "handle")))
	}
	r := l.want(200, "GET", "/v1/me/history", anna.token, "")
	if r.str(t, "entries", 0, "type") != "verification.missed.v1" || r.str(t, "entries", 0, "details", "reason") != "too_many_tries" ||
		r.str(t, "entries", 0, "details", "purpose") != "add_contact" || strings.Contains(r.text, code) || strings.Contains(r.text, "another@") {
		t.Error(r.text)
	}
	if r := l.want(200, "GET", "/v1/me/history", ben.token, ""); strings.Contains(r.text, "missed") {
		t.Error(r.text)
	}
}
