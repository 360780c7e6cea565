package api_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
)

// TestOneKeyManyTimes: 200 requests under one Idempotency-Key at once have one effect and one answer.
func TestOneKeyManyTimes(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	const times = 200
	answers := make([]reply, times)
	var all sync.WaitGroup
	for i := range times {
		all.Go(func() {
			answers[i] = l.send("POST", "/v1/me/devices", anna.token, `{"kind": "watch", "model": "W2", "name": "wrist"}`, header{"Idempotency-Key", "once"})
		})
	}
	all.Wait()
	for _, r := range answers {
		if r.StatusCode != 201 || r.text != answers[0].text {
			t.Fatalf("%d %s, not %s", r.StatusCode, r.text, answers[0].text)
		}
	}
	if list, _ := l.want(200, "GET", "/v1/me/devices", anna.token, "").get(t, "devices").([]any); len(list) != 1 {
		t.Errorf("%d devices", len(list))
	}
	r := l.want(422, "POST", "/v1/me/devices", anna.token, `{"kind": "watch", "model": "W2", "name": "other"}`, header{"Idempotency-Key", "once"})
	if r.str(t, "code") != "idempotency_key_reused" {
		t.Error(r.text)
	}
	// The same key means nothing elsewhere.
	l.want(202, "POST", "/v1/erasures", anna.token, "", header{"Idempotency-Key", "once"})
	l.want(201, "POST", "/v1/me/devices", l.person("ben@example.com").token, `{"kind": "watch", "model": "W2", "name": "x"}`, header{"Idempotency-Key", "once"})
}

// TestGuestsRepeat: a sign-up and a sign-in repeated under their key give the same secrets.
func TestGuestsRepeat(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	key := header{"Idempotency-Key", uuid.NewString()}
	first := l.want(202, "POST", "/v1/sign-ups", "", signUpBody("anna@example.com"), key)
	again := l.want(202, "POST", "/v1/sign-ups", "", signUpBody("anna@example.com"), key)
	if first.text != again.text || first.Header.Get("Ledger-Position") != "" {
		t.Errorf("%s\n%s", first.text, again.text)
	}
	l.want(422, "POST", "/v1/sign-ups", "", signUpBody("other@example.com"), key)
	ben := l.person("ben@example.com")
	body := fmt.Sprintf(`{"email": %q, "password": %q}`, ben.email, password)
	in := l.want(201, "POST", "/v1/sessions", "", body, key)
	if again := l.want(201, "POST", "/v1/sessions", "", body, key); again.text != in.text {
		t.Errorf("%s\n%s", in.text, again.text)
	}
}
