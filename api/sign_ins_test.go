package api_test

import (
	"strings"
	"testing"

	"accountledger/domain"
)

// TestSignIns: a person sees their own sign-ins alone, page by page, also while their account waits to be erased.
func TestSignIns(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.deps.Country = func(string) domain.Region { return "DE" }
	l.begin()
	l.server.Config.Handler = l.api.Handler()
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	for n := range 4 {
		anna.token, anna.session = l.signIn(anna.email)
		if n == 2 {
			l.want(204, "DELETE", "/v1/sessions/"+anna.session, anna.token, "")
		}
	}
	l.want(202, "POST", "/v1/erasures", anna.token, "")

	whole := l.want(200, "GET", "/v1/me/sign-ins", anna.token, "")
	if list, _ := whole.get(t, "sign_ins").([]any); len(list) != 5 {
		t.Fatalf("%d sign-ins: %s", len(list), whole.text)
	}
	if whole.str(t, "sign_ins", 0, "session") != anna.session || whole.get(t, "sign_ins", 0, "current") != true || whole.str(t, "sign_ins", 0, "country") != "DE" ||
		whole.str(t, "sign_ins", 0, "address") != "127.0.0.1" || whole.str(t, "sign_ins", 0, "user_agent") == "" ||
		whole.str(t, "sign_ins", 0, "unusual", 0) != "new_client" || whole.str(t, "sign_ins", 0, "methods", 0) != "password" ||
		whole.str(t, "sign_ins", 1, "ended") != "signed_out" || whole.str(t, "sign_ins", 1, "ended_at") == "" || strings.Contains(whole.text, ben.session) ||
		strings.Contains(whole.text, "cursor") {
		t.Error(whole.text)
	}
	var sessions []string
	path := "/v1/me/sign-ins?limit=2"
	for cursor := ""; ; {
		page := l.want(200, "GET", path+cursor, anna.token, "")
		list, _ := page.get(t, "sign_ins").([]any)
		for i := range list {
			sessions = append(sessions, page.str(t, "sign_ins", i, "session"))
		}
		if !strings.Contains(page.text, `"cursor"`) {
			break
		}
		cursor = "&cursor=" + page.str(t, "cursor")
		l.want(400, "GET", path+cursor, ben.token, "") // another's
		l.want(400, "GET", path+cursor+"x", anna.token, "")
	}
	for i := range 5 {
		if len(sessions) != 5 || sessions[i] != whole.str(t, "sign_ins", i, "session") {
			t.Errorf("page by page: %s", sessions)
			break
		}
	}
	for _, limit := range []string{"0", "201", "-1", "two", "1e1"} {
		l.want(400, "GET", "/v1/me/sign-ins?limit="+limit, anna.token, "")
	}
	l.want(400, "GET", "/v1/me/sign-ins?cursor=nothing", anna.token, "")
	l.want(401, "GET", "/v1/me/sign-ins", "", "")
	if logged := l.logs.String(); strings.Contains(logged, "127.0.0.1") {
		t.Error("the log has an address")
	}
}
