package api_test

import (
	"fmt"
	"testing"
	"time"
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
