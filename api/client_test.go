package api_test

import (
	"strings"
	"testing"
)

// TestClients: a sign-in answers by what the client is known, takes it back, and says in the history whether it was.
func TestClients(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	body := func(email, client string) string {
		return `{"email": "` + email + `", "password": "` + password + `", "client": "` + client + `"}`
	}
	first := l.want(201, "POST", "/v1/sessions", "", signInBody("anna@example.com", false)).str(t, "client")
	if !strings.HasPrefix(first, "alr_") {
		t.Fatalf("the client is %q", first)
	}
	if again := l.want(201, "POST", "/v1/sessions", "", body("anna@example.com", first)).str(t, "client"); again != first {
		t.Error("a known client has another token")
	}
	if bens := l.want(201, "POST", "/v1/sessions", "", body("ben@example.com", first)).str(t, "client"); bens == first {
		t.Error("a client of two people has one token")
	}
	for _, email := range []string{"anna@example.com", "nobody@example.com"} {
		r := l.want(422, "POST", "/v1/sessions", "", body(email, "anna's phone"))
		if r.str(t, "code") != "invalid_client" || r.str(t, "field") != "/client" || strings.Contains(r.text, "anna") {
			t.Errorf("%s: %s", email, r.text)
		}
	}
	l.want(401, "GET", "/v1/me", first, "")
	history := l.want(200, "GET", "/v1/me/history", anna.token, "").text
	if !strings.Contains(history, `"new_client":false`) || !strings.Contains(history, `"unusual":["new_client"]`) || strings.Contains(history, first) {
		t.Errorf("the history is %s", history)
	}
	if other := l.want(200, "GET", "/v1/me/history", ben.token, "").text; strings.Contains(other, first) {
		t.Error("somebody else sees the token")
	}
}
