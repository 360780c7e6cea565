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
	if whole.str(t, "sign_ins", 0, "session") != anna.session || whole.get(t, "sign_ins", 0, "current") != true ||
		whole.str(t, "sign_ins", 0, "country") != "DE" || whole.str(t, "sign_ins", 0, "address") != "127.0.0.1" || whole.str(t, "sign_ins", 0, "user_agent") == "" ||
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

	// Officers of compliance find sessions by what is public of them, and nothing of a client; what is somebody's is a look.
	officer, analyst := l.officer("compliance@example.org", domain.RoleCompliance), l.officer("analyst@example.org", domain.RoleAnalyst)
	found := l.want(200, "POST", "/v1/views/sign_ins/query", officer, `{"words": "new_client", "group": {"by": ["methods", "ended"]}, "with_total": true}`)
	if found.get(t, "total") != 4.0 || found.str(t, "groups", 0, "keys", "methods") != "password" || found.str(t, "groups", 1, "keys", "ended") != "signed_out" {
		t.Error(found.text)
	}
	found = l.want(200, "POST", "/v1/views/sign_ins/query", officer, `{"words": "new_client", "sort": [{"field": "started"}]}`)
	if found.str(t, "documents", 3, "id") != anna.session || found.str(t, "documents", 3, "account") != anna.account {
		t.Error(found.text)
	}
	for _, personal := range []string{"127.0.0.1", "user_agent", "country", "anna@example"} {
		if strings.Contains(found.text, personal) {
			t.Errorf("%s is shown to an officer: %s", personal, found.text)
		}
	}
	l.want(422, "POST", "/v1/views/sign_ins/query", officer, `{"filter": `+comparing("account", anna.account)+`}`)
	l.want(403, "POST", "/v1/views/sign_ins/query", analyst, `{}`)
	if logged := l.logs.String(); strings.Contains(logged, "127.0.0.1") {
		t.Error("the log has an address")
	}
}
