package api_test

import "testing"

// TestChangePassword over HTTP: what is wrong is named, the session goes on with the token in the answer, and all others have ended.
func TestChangePassword(t *testing.T) {
	t.Parallel()
	const another = "seven lanterns under a bridge"
	l := newLedger(t)
	anna := l.person("anna@example.com")
	there := l.want(201, "POST", "/v1/sessions", "", signInBody(anna.email, false)).str(t, "token")
	ask := func(current, to string) string { return `{"current": "` + current + `", "new": "` + to + `"}` }
	for name, test := range map[string]struct{ body, code, field string }{
		"no current":  {`{"new": "` + another + `"}`, "wrong_password", "/current"},
		"no new":      {`{"current": "` + password + `"}`, "required", "/new"},
		"wrong":       {ask(another, another), "wrong_password", "/current"},
		"short":       {ask(password, "vT9#qLmz"), "password_too_short", "/new"},
		"not a truth": {`{"current": "` + password + `", "new": "` + another + `", "end_others": 1}`, "wrong_type", "/end_others"},
	} {
		got := l.want(422, "POST", "/v1/me/password", anna.token, test.body)
		if got.str(t, "code") != test.code || got.str(t, "field") != test.field {
			t.Errorf("%s: %s", name, got.Body)
		}
	}
	changed := l.want(200, "POST", "/v1/me/password", anna.token, ask(password, another))
	l.want(401, "GET", "/v1/me", anna.token, "")
	l.want(401, "GET", "/v1/me", there, "")
	l.want(200, "GET", "/v1/me", changed.str(t, "token"), "")
	l.want(401, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	l.want(201, "POST", "/v1/sessions", "", `{"email": "`+anna.email+`", "password": "`+another+`"}`)
}
