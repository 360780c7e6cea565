package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"accountledger/domain"
)

// endpoint is one operation with a request that reaches it and, if the caller may ask, goes no further than to be found
// malformed: so a refusal shows that it comes before anything of the request is looked at.
type endpoint struct {
	id, method, path string
	body             bool // whether it reads one
	may              []string
}

const noID = "00000000-0000-8000-8000-000000000001"

func everybody() []string {
	return []string{"guest", "owner", "closing", "service", "compliance", "analyst", "admin"}
}

func endpoints() []endpoint {
	people, officers := []string{"owner", "closing"}, []string{"compliance", "analyst", "admin"}
	signedIn, owner := slices.Concat(people, officers), []string{"owner"}
	return []endpoint{
		{"signUp", "POST", "/v1/sign-ups", true, everybody()},
		{"checkCode", "POST", "/v1/verifications/" + noID + "/check", true, everybody()},
		{"resendCode", "POST", "/v1/verifications/" + noID + "/resend", true, everybody()},
		{"recover", "POST", "/v1/recoveries", true, everybody()},
		{"checkRecovery", "POST", "/v1/recoveries/" + noID + "/check", true, everybody()},
		{"waitRecovery", "POST", "/v1/recoveries/" + noID + "/wait", true, everybody()},
		{"completeRecovery", "POST", "/v1/recoveries/" + noID + "/complete", true, everybody()},
		{"catalogue", "GET", "/v1/catalogue", false, everybody()},
		{"notice", "GET", "/v1/notices/" + noID, false, everybody()},
		{"notices", "GET", "/v1/notices", false, everybody()},
		{"signIn", "POST", "/v1/sessions", true, everybody()},
		{"askSignIn", "POST", "/v1/passkeys/challenge", false, everybody()},
		{"signInByPasskey", "POST", "/v1/passkeys/sessions", true, everybody()},
		{"continueSignIn", "POST", "/v1/sign-ins/" + noID + "/factor", true, everybody()},
		{"raiseSession", "POST", "/v1/me/session/raise", true, signedIn},
		{"askRaise", "POST", "/v1/me/session/raise/passkey", false, people},
		{"listSessions", "GET", "/v1/sessions", false, signedIn},
		{"endSession", "DELETE", "/v1/sessions/" + noID, false, signedIn},
		{"signOutEverywhere", "DELETE", "/v1/sessions", false, signedIn},
		{"enrol", "POST", "/v1/enrolments", true, everybody()},
		{"me", "GET", "/v1/me", false, people},
		{"changePassword", "POST", "/v1/me/password", true, owner},
		{"removePassword", "DELETE", "/v1/me/password", false, owner},
		{"setLanguage", "PUT", "/v1/me/language", true, owner},
		{"listContacts", "GET", "/v1/me/contacts", false, people},
		{"addContact", "POST", "/v1/me/contacts", true, owner},
		{"makePrimary", "POST", "/v1/me/contacts/" + noID + "/primary", false, owner},
		{"removeContact", "DELETE", "/v1/me/contacts/" + noID, false, owner},
		{"notMe", "POST", "/v1/alerts/not-me", true, everybody()},
		{"undo", "POST", "/v1/undos", true, everybody()},
		{"correctBirth", "POST", "/v1/me/birth-month", true, owner},
		{"history", "GET", "/v1/me/history", false, people},
		{"accesses", "GET", "/v1/me/accesses", false, people},
		{"listPermissions", "GET", "/v1/me/permissions", false, people},
		{"signIns", "GET", "/v1/me/sign-ins", false, people},
		{"setPermission", "PUT", "/v1/me/permissions/location", true, owner},
		{"listFactors", "GET", "/v1/me/factors", false, people},
		{"offerTOTP", "POST", "/v1/me/factors/totp", false, owner},
		{"confirmTOTP", "POST", "/v1/me/factors/totp/confirm", true, owner},
		{"offerPasskey", "POST", "/v1/me/factors/passkeys", false, owner},
		{"confirmPasskey", "POST", "/v1/me/factors/passkeys/confirm", true, owner},
		{"makeRecoveryCodes", "POST", "/v1/me/factors/recovery-codes", false, owner},
		{"renameFactor", "PATCH", "/v1/me/factors/" + noID, true, owner},
		{"removeFactor", "DELETE", "/v1/me/factors/" + noID, false, owner},
		{"listDevices", "GET", "/v1/me/devices", false, people},
		{"linkDevice", "POST", "/v1/me/devices", true, owner},
		{"renameDevice", "PATCH", "/v1/me/devices/" + noID, true, owner},
		{"unlinkDevice", "DELETE", "/v1/me/devices/" + noID, false, owner},
		{"requestErasure", "POST", "/v1/erasures", false, people},
		{"seeErasure", "GET", "/v1/erasures/" + noID, false, everybody()},
		{"cancelErasure", "DELETE", "/v1/erasures/" + noID, false, people},
		{"decideAccess", "POST", "/v1/decisions", true, []string{"service"}},
		{"lookUp", "POST", "/v1/lookups", true, []string{"compliance"}},
		{"reveal", "POST", "/v1/accounts/" + noID + "/reveal", true, []string{"compliance"}},
		{"queryView", "POST", "/v1/views/daily/query", true, []string{"compliance", "analyst"}},
		{"revealQuestion", "POST", "/v1/questions/" + noID + "/reveal", true, []string{"compliance"}},
	}
}

// cast gives a token to each kind of caller.
func (l *ledger) cast() map[string]string {
	l.t.Helper()
	closing := l.person("closing@example.com")
	l.want(202, "POST", "/v1/erasures", closing.token, "")
	return map[string]string{"guest": "", "owner": l.person("owner@example.com").token, "closing": closing.token, "service": l.service("maps"),
		"compliance": l.officer("compliance@example.org", domain.RoleCompliance), "analyst": l.officer("analyst@example.org", domain.RoleAnalyst),
		"admin": l.officer("admin@example.org", domain.RoleAdmin)}
}

// TestWhoMayAsk asks every route as everybody: a refusal comes before the body is looked at, and before anything is known
// of what was asked about.
func TestWhoMayAsk(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	cast := l.cast()
	for _, e := range endpoints() {
		for _, who := range everybody() {
			body := ""
			if e.body {
				body = "{"
			}
			r := l.send(e.method, e.path, cast[who], body, header{"Idempotency-Key", "ü"})
			refused := r.StatusCode == http.StatusUnauthorized || r.StatusCode == http.StatusForbidden
			if may := slices.Contains(e.may, who); may == refused {
				t.Errorf("%s as %s: %d %s", e.id, who, r.StatusCode, r.text)
			}
			if r.StatusCode == http.StatusUnauthorized && !strings.HasPrefix(r.Header.Get("WWW-Authenticate"), "Bearer ") {
				t.Errorf("%s as %s: no challenge", e.id, who)
			}
			if refused && who == "guest" && r.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s as guest: %d", e.id, r.StatusCode)
			}
			if r.StatusCode >= 500 {
				t.Errorf("%s as %s: %d %s", e.id, who, r.StatusCode, r.text)
			}
		}
		forGuests := slices.Contains(e.may, "guest") // who send what they still have
		if r := l.send(e.method, e.path, "alp_nobody", "{"); (r.StatusCode == http.StatusUnauthorized) == forGuests {
			t.Errorf("%s with a token of nobody: %d", e.id, r.StatusCode)
		}
	}
	for _, scheme := range []string{"Basic YTpi", "Bearer", "alp_x"} {
		if r := l.send("GET", "/v1/me", "", "", header{"Authorization", scheme}); r.StatusCode != http.StatusUnauthorized {
			t.Errorf("another scheme: %d", r.StatusCode)
		}
	}
	// To an analyst no view but daily is there, whether it exists or not.
	for _, view := range []string{"accounts", "accesses", "nosuch"} {
		l.want(403, "POST", "/v1/views/"+view+"/query", cast["analyst"], "{}")
		l.want(403, "POST", "/v1/views/"+view+"/query", cast["admin"], "{}")
	}
	l.want(404, "POST", "/v1/views/nosuch/query", cast["compliance"], "{}")
}
