package api_test

import (
	"fmt"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/totp"
)

// app is an authenticator app that somebody has set up.
type app struct{ seed []byte }

// settingUp is the request that sets an app up for a person.
func (l *ledger) settingUp(p person) (request, app) {
	l.t.Helper()
	offer := l.want(200, "POST", "/v1/me/factors/totp", p.token, "")
	seed, err := totp.Seed(offer.str(l.t, "seed"))
	if err != nil {
		l.t.Fatal(err)
	}
	a := app{seed}
	return request{201, "POST", "/v1/me/factors/totp/confirm", p.token,
		fmt.Sprintf(`{"continuation": %q, "code": %q, "name": "my phone"}`, offer.str(l.t, "continuation"), a.code(l))}, a
}

func (a app) code(l *ledger) string { return totp.Code(a.seed, l.clock.now()) }

// next is what the app shows once that has changed.
func (a app) next(l *ledger) string {
	l.clock.add(totp.Period)
	return a.code(l)
}

// appOf sets an authenticator app up for a person.
func (l *ledger) appOf(p person) (id string, a app) {
	l.t.Helper()
	r, a := l.settingUp(p)
	return l.want(r.status, r.method, r.path, r.token, r.body).str(l.t, "factor"), a
}

// byApp signs a person in with their password and an app.
func (l *ledger) byApp(p person, a app) (token string) {
	l.t.Helper()
	begun := l.want(202, "POST", "/v1/sessions", "", signInBody(p.email, false))
	return l.want(201, "POST", "/v1/sign-ins/"+begun.str(l.t, "sign_in")+"/factor", "",
		fmt.Sprintf(`{"handle": %q, "totp": %q}`, begun.str(l.t, "handle"), a.next(l))).str(l.t, "token")
}

// TestAuthenticatorApp is a person's way with one: set up, asked for, and removed. Others get nothing of it.
func TestAuthenticatorApp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	offer := l.want(200, "POST", "/v1/me/factors/totp", anna.token, "")
	if url := offer.str(t, "url"); !strings.HasPrefix(url, "otpauth://totp/") || !strings.HasPrefix(offer.str(t, "qr"), "<svg") {
		t.Errorf("an app is set up by %s", url)
	}
	id, phone := l.appOf(anna)
	if one := l.want(200, "GET", "/v1/me/factors", anna.token, ""); one.str(t, "factors", 0, "factor") != id || one.str(t, "factors", 0, "kind") != "totp" ||
		one.str(t, "factors", 0, "name") != "my phone" || strings.Contains(one.text, "seed") {
		t.Errorf("her factors: %s", one.text)
	}
	if hers := l.want(200, "GET", "/v1/me/history", anna.token, "").text; !strings.Contains(hers, "factor.enrolled.v1") ||
		!strings.Contains(hers, "factor.used.v1") || strings.Contains(hers, "seed") {
		t.Errorf("her history: %s", hers)
	}
	l.want(404, "PATCH", "/v1/me/factors/"+id, ben.token, `{"name": "mine"}`)
	l.want(404, "DELETE", "/v1/me/factors/"+id, ben.token, "")

	begun := l.want(202, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	if begun.str(t, "needs", 0) != "totp" {
		t.Errorf("a sign-in: %s", begun.text)
	}
	at, handle := "/v1/sign-ins/"+begun.str(t, "sign_in")+"/factor", begun.str(t, "handle")
	if r := l.want(422, "POST", at, "", fmt.Sprintf(`{"handle": %q, "totp": "000000"}`, handle)); r.str(t, "code") != "wrong_totp" || r.str(t, "field") != "/totp" {
		t.Errorf("a wrong code: %s", r.text)
	}
	if r := l.want(422, "POST", at, "", fmt.Sprintf(`{"handle": %q}`, handle)); r.str(t, "code") != "one_proof" {
		t.Errorf("nothing: %s", r.text)
	}
	in := l.want(201, "POST", at, "", fmt.Sprintf(`{"handle": %q, "totp": %q}`, handle, phone.next(l)))
	token := in.str(t, "token")

	// The session from before proves too little now.
	refused := l.want(403, "DELETE", "/v1/me/factors/"+id, anna.token, "")
	if refused.str(t, "code") != "step_up_required" || refused.str(t, "ways", 0) != "totp" || fmt.Sprint(refused.get(t, "level")) != "2" ||
		!strings.Contains(refused.Header.Get("WWW-Authenticate"), `acr_values="2"`) {
		t.Errorf("the first level: %s %s", refused.text, refused.Header.Get("WWW-Authenticate"))
	}
	if r := l.want(422, "POST", "/v1/me/session/raise", anna.token, fmt.Sprintf(`{"password": %q}`, password)); r.str(t, "code") != "not_a_way" {
		t.Errorf("a password: %s", r.text)
	}
	l.want(200, "POST", "/v1/me/session/raise", anna.token, fmt.Sprintf(`{"totp": %q}`, phone.next(l)))
	l.want(200, "PATCH", "/v1/me/factors/"+id, token, `{"name": "the old phone"}`)
	l.want(204, "DELETE", "/v1/me/factors/"+id, token, "")
	l.want(201, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	if hers := l.want(200, "GET", "/v1/me/history", token, "").text; strings.Count(hers, `"factor.used.v1"`) != 3 {
		t.Errorf("her history once it is removed: %s", hers)
	}
	if logs := l.logs.String(); strings.Contains(logs, "otpauth") || strings.Contains(logs, "my phone") || strings.Contains(logs, offer.str(t, "seed")) {
		t.Error("the log names it")
	}
}

// waiting is the request by which a recovery of a person waits whose app is lost.
func (l *ledger) waiting(p person) request {
	l.t.Helper()
	l.appOf(p)
	l.clock.add(domain.FactorProbation)
	r := l.recover(p.email)
	needs := l.want(200, "POST", r.path("check"), "", r.with("code", l.code(r.id, 1)))
	if !strings.Contains(needs.text, `[["totp"],["recovery_code"],["wait"]]`) {
		l.t.Errorf("a recovery: %s", needs.text)
	}
	return request{202, "POST", r.path("wait"), "", fmt.Sprintf(`{"handle": %q}`, r.handle)}
}

// TestRecoveryWithoutTheApp: it waits, and then goes on without.
func TestRecoveryWithoutTheApp(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	r := l.waiting(anna)
	complete := strings.TrimSuffix(r.path, "wait") + "complete"
	body := strings.TrimSuffix(r.body, "}") + fmt.Sprintf(`, "password": %q}`, lanterns)
	for range 2 {
		if refused := l.want(409, "POST", complete, "", body); refused.str(t, "code") != "recovery_waits" {
			t.Errorf("at once: %s", refused.text)
		}
		if told := l.want(202, r.method, r.path, "", r.body); told.str(t, "until") >= told.str(t, "expires_at") {
			t.Errorf("it waits: %s", told.text)
		}
	}
	l.clock.add(domain.DefaultRecoveryWait)
	l.want(200, "POST", complete, "", body)
	l.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, anna.email, lanterns))
	l.want(409, r.method, r.path, "", r.body)
}
