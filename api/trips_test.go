package api_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/uuid"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/passkeys/passkeytest"
)

// request is one request to be sent.
type request struct {
	status                    int
	method, path, token, body string
}

// tripRow is a route with the round trips to the log that it may wait for, one after the other: in a process that has
// not seen its caller before, and in one that has.
type tripRow struct {
	name       string
	cold, warm int
	ask        func(*people) request
}

func tripRows() []tripRow {
	get := func(path string) func(*people) request {
		return func(p *people) request { return request{200, "GET", path, p.anna.token, ""} }
	}
	return []tripRow{
		{"signUp", 3, 3, func(p *people) request { return request{202, "POST", "/v1/sign-ups", "", signUpBody(p.address())} }},
		{"checkCode, right", 6, 5, func(p *people) request { return p.check(true) }},
		{"checkCode, wrong", 3, 2, func(p *people) request { return p.check(false) }},
		{"resendCode", 4, 3, (*people).resend},
		{"recover", 3, 3, func(p *people) request {
			return request{202, "POST", "/v1/recoveries", "", fmt.Sprintf(`{"email": %q}`, p.address())}
		}},
		{"recover, with a client", 7, 7, func(p *people) request {
			one := p.another()
			client := p.want(201, "POST", "/v1/sessions", "", signInBody(one.email, false)).str(p.t, "client")
			return request{202, "POST", "/v1/recoveries", "", fmt.Sprintf(`{"email": %q, "client": %q}`, one.email, client)}
		}},
		{"checkRecovery, right", 5, 4, func(p *people) request {
			r := p.recover(p.another().email)
			return request{200, "POST", r.path("check"), "", r.with("code", p.code(r.id, 1))}
		}},
		{"checkRecovery, wrong", 4, 3, func(p *people) request {
			r := p.recover(p.another().email)
			p.code(r.id, 1) // as its message is made
			return request{422, "POST", r.path("check"), "", r.with("code", "wrong")}
		}},
		{"completeRecovery", 5, 5, func(p *people) request {
			r := p.recover(p.another().email)
			p.want(200, "POST", r.path("check"), "", r.with("code", p.code(r.id, 1)))
			return request{200, "POST", r.path("complete"), "", r.with("password", lanterns)}
		}},
		{"catalogue", 1, 1, func(*people) request { return request{200, "GET", "/v1/catalogue", "", ""} }},
		{"notice", 1, 1, func(p *people) request { return request{200, "GET", "/v1/notices/" + p.shown, "", ""} }},
		{"notices", 1, 1, func(*people) request { return request{200, "GET", "/v1/notices", "", ""} }},
		{"signIn", 4, 3, func(p *people) request {
			body := signInBody(p.anna.email, false)
			client := p.ledger.want(201, "POST", "/v1/sessions", "", body).str(p.ledger.t, "client")
			return request{201, "POST", "/v1/sessions", "", strings.Replace(body, "{", `{"client": "`+client+`", `, 1)}
		}},
		{"signIn, a new client", 5, 4, func(p *people) request {
			return request{201, "POST", "/v1/sessions", "", signInBody(p.anna.email, false)}
		}},
		{"signIn, wrong", 2, 1, func(p *people) request {
			return request{401, "POST", "/v1/sessions", "", strings.Replace(signInBody(p.anna.email, false), password, "another", 1)}
		}},
		{"signIn, officer", 3, 3, func(p *people) request {
			body := signInBody(p.officerEmail, true)
			client := p.ledger.want(201, "POST", "/v1/sessions", "", body).str(p.ledger.t, "client")
			return request{201, "POST", "/v1/sessions", "", strings.Replace(body, "{", `{"client": "`+client+`", `, 1)}
		}},
		{"signIn, officer, a new client", 4, 4, func(p *people) request {
			return request{201, "POST", "/v1/sessions", "", signInBody(p.officerEmail, true)}
		}},
		{"raiseSession", 4, 3, func(p *people) request {
			token, _ := p.signIn(p.anna.email)
			return request{200, "POST", "/v1/me/session/raise", p.seen(token), `{"password": "` + password + `"}`}
		}},
		{"listSessions", 2, 1, get("/v1/sessions")},
		{"listSessions, officer", 2, 1, func(p *people) request { return request{200, "GET", "/v1/sessions", p.officer, ""} }},
		{"endSession", 3, 2, func(p *people) request {
			_, session := p.signIn(p.anna.email)
			return request{204, "DELETE", "/v1/sessions/" + session, p.anna.token, ""}
		}},
		{"endSession, its own", 3, 2, func(p *people) request {
			token, session := p.signIn(p.anna.email)
			return request{204, "DELETE", "/v1/sessions/" + session, p.seen(token), ""}
		}},
		{"signOutEverywhere", 2, 2, func(p *people) request { return request{204, "DELETE", "/v1/sessions", p.another().token, ""} }},
		{"signOutEverywhere, officer", 3, 2, func(p *people) request {
			email := p.address()
			token := p.ledger.officer(email, domain.RoleCompliance)
			p.staffToken(email)
			return request{204, "DELETE", "/v1/sessions", p.seen(token), ""}
		}},
		{"enrol", 2, 2, (*people).enrol},
		{"me", 1, 1, get("/v1/me")},
		{"changePassword", 6, 4, func(p *people) request {
			return request{200, "POST", "/v1/me/password", p.another().token, `{"current": "` + password + `", "new": "seven lanterns under a bridge"}`}
		}},
		{"setLanguage", 2, 2, func(p *people) request {
			return request{200, "PUT", "/v1/me/language", p.another().token, `{"language": "de"}`}
		}},
		{"listContacts", 1, 1, get("/v1/me/contacts")},
		{"addContact", 4, 3, func(p *people) request {
			return request{202, "POST", "/v1/me/contacts", p.another().token, fmt.Sprintf(`{"email": %q}`, p.address())}
		}},
		{"makePrimary", 4, 3, func(p *people) request {
			one := p.another()
			return request{204, "POST", "/v1/me/contacts/" + p.attached(one, p.address()) + "/primary", one.token, ""}
		}},
		{"removeContact", 4, 3, func(p *people) request {
			one := p.another()
			return request{200, "DELETE", "/v1/me/contacts/" + p.attached(one, p.address()), one.token, ""}
		}},
		{"notMe", 3, 3, func(p *people) request {
			who := p.another()
			p.signIn(who.email)
			m := p.ledger.alerted(who)
			return request{204, "POST", "/v1/alerts/not-me", "", undoBody(m, m.Code)}
		}},
		{"undo", 4, 3, func(p *people) request {
			m := p.moved(p.another(), p.address())
			return request{204, "POST", "/v1/undos", "", undoBody(m, m.Code)}
		}},
		{"correctBirth", 2, 2, func(p *people) request {
			return request{200, "POST", "/v1/me/birth-month", p.another().token, `{"birth_month": "1991-01"}`}
		}},
		{"history", 2, 1, get("/v1/me/history")},
		{"signIns", 2, 1, get("/v1/me/sign-ins")},
		{"accesses", 2, 1, get("/v1/me/accesses")},
		{"listPermissions", 2, 1, get("/v1/me/permissions")},
		{"setPermission, granted", 3, 2, func(p *people) request {
			return request{200, "PUT", "/v1/me/permissions/location", p.anna.token, fmt.Sprintf(`{"purpose": "navigation", "state": "granted", "notice": %q}`, p.shown)}
		}},
		{"setPermission, withdrawn", 3, 2, func(p *people) request {
			return request{200, "PUT", "/v1/me/permissions/location", p.anna.token, `{"purpose": "weather", "state": "withdrawn"}`}
		}},
		{"listFactors", 1, 1, get("/v1/me/factors")},
		{"offerTOTP", 1, 1, func(p *people) request { return request{200, "POST", "/v1/me/factors/totp", p.another().token, ""} }},
		{"confirmTOTP", 4, 3, func(p *people) request { r, _ := p.settingUp(p.another()); return r }},
		{"offerPasskey", 1, 1, func(p *people) request { return request{200, "POST", "/v1/me/factors/passkeys", p.another().token, ""} }},
		{"confirmPasskey", 6, 4, func(p *people) request { return p.makingPasskey(p.another(), passkeytest.New()) }},
		{"askSignIn", 0, 0, func(*people) request { return request{200, "POST", "/v1/passkeys/challenge", "", ""} }},
		{"signInByPasskey", 6, 5, func(p *people) request { _, d := p.passkeyOf(p.another()); return p.byPasskey(d) }},
		{"askRaise", 1, 1, func(p *people) request {
			_, d := p.passkeyOf(p.another())
			return request{200, "POST", "/v1/me/session/raise/passkey", p.seen(p.inByPasskey(d)), ""}
		}},
		{"removePassword", 2, 2, func(p *people) request {
			_, d := p.passkeyOf(p.another())
			return request{204, "DELETE", "/v1/me/password", p.seen(p.inByPasskey(d)), ""}
		}},
		{"renameFactor", 2, 2, func(p *people) request {
			one := p.another()
			id, _ := p.appOf(one)
			return request{200, "PATCH", "/v1/me/factors/" + id, one.token, `{"name": "the old phone"}`}
		}},
		{"listDevices", 1, 1, get("/v1/me/devices")},
		{"linkDevice", 2, 2, func(p *people) request {
			return request{201, "POST", "/v1/me/devices", p.anna.token, `{"kind": "phone", "model": "X1", "name": "mine"}`}
		}},
		{"renameDevice", 2, 2, func(p *people) request {
			return request{200, "PATCH", "/v1/me/devices/" + p.device(p.anna, "one"), p.anna.token, `{"name": "two"}`}
		}},
		{"unlinkDevice", 2, 2, func(p *people) request {
			return request{204, "DELETE", "/v1/me/devices/" + p.device(p.anna, "one"), p.anna.token, ""}
		}},
		{"requestErasure", 2, 2, func(p *people) request { return request{202, "POST", "/v1/erasures", p.another().token, ""} }},
		{"seeErasure", 1, 1, func(p *people) request { return request{200, "GET", "/v1/erasures/" + p.erasure(p.another()), "", ""} }},
		{"cancelErasure", 2, 2, func(p *people) request {
			one := p.another()
			return request{200, "DELETE", "/v1/erasures/" + p.erasure(one), one.token, ""}
		}},
		{"decideAccess", 3, 2, func(p *people) request {
			return request{200, "POST", "/v1/decisions", p.key, fmt.Sprintf(`{"account": %q, "permission": "location", "purpose": "navigation"}`, p.anna.account)}
		}},
		{"lookUp", 3, 2, func(p *people) request {
			return request{200, "POST", "/v1/lookups", p.officer, fmt.Sprintf(`{"email": %q, %s}`, p.anna.email, why)}
		}},
		{"reveal", 3, 2, func(p *people) request {
			return request{200, "POST", "/v1/accounts/" + p.anna.account + "/reveal", p.officer, `{"parts": ["email", "device_names", "clients"], ` + why + `}`}
		}},
		{"queryView", 2, 2, func(p *people) request { return request{200, "POST", "/v1/views/accounts/query", p.officer, "{}"} }},
		{"queryView, somebody", 3, 2, func(p *people) request {
			return request{200, "POST", "/v1/views/activity/query", p.officer, `{"filter": ` + comparing("subject", p.anna.account) + `, ` + why + `}`}
		}},
		{"revealQuestion", 3, 2, func(p *people) request {
			return request{200, "POST", "/v1/questions/" + p.question() + "/reveal", p.officer, `{` + why + `}`}
		}},
		{"makeRecoveryCodes", 2, 2, func(p *people) request {
			one := p.another()
			_, a := p.appOf(one)
			return request{201, "POST", "/v1/me/factors/recovery-codes", p.seen(p.byApp(one, a)), ""}
		}},
		{"removeFactor", 2, 2, func(p *people) request {
			one := p.another()
			id, a := p.appOf(one)
			return request{204, "DELETE", "/v1/me/factors/" + id, p.seen(p.byApp(one, a)), ""}
		}},
		{"waitRecovery", 5, 5, func(p *people) request { return p.waiting(p.another()) }},
		{"continueSignIn", 8, 6, (*people).pending}, // the last one: from now on others need a code, too
	}
}

// TestTrips counts the round trips of every route. What a caller waits for is what counts: calls side by side are one trip.
// On a log that may lag, a decision is confirmed after it was recorded, which is one more.
func TestTrips(t *testing.T) {
	t.Parallel()
	for _, e := range endpoints() {
		if !slices.ContainsFunc(tripRows(), func(r tripRow) bool { name, _, _ := strings.Cut(r.name, ","); return name == e.id }) {
			t.Errorf("%s has no row", e.id)
		}
	}
	for _, lags := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			l, far := farLedger(t, lags)
			p := newPeople(l)
			for _, row := range tripRows() {
				cold, warm := row.cold, row.warm
				if lags && row.name == "decideAccess" {
					cold, warm = cold+1, warm+1
				}
				asked := row.ask(p)
				l.begin()
				check(t, far, p, row.name+", cold", asked, cold)
				p.send(row.ask(p))
				check(t, far, p, row.name+", warm", row.ask(p), warm)
			}
		})
	}
}

func check(t *testing.T, far *faraway, p *people, name string, r request, most int) {
	t.Helper()
	log, vault := far.measure(func() { p.send(r) })
	t.Logf("%-32s log %-8s vault %s", name, log, vault)
	if log.inRow > most {
		t.Errorf("%s: %d round trips to the log, one after the other, at most %d", name, log.inRow, most)
	}
}

const why = `"purpose": "subject_request", "case": "DSR-2026-0042"`

func signInBody(email string, staff bool) string {
	return fmt.Sprintf(`{"email": %q, "password": %q, "staff": %t}`, email, password, staff)
}

// people are those who ask.
type people struct {
	*ledger
	anna                  person
	officer, officerEmail string
	key                   string
	shown                 string // the notice of location
	count                 int
}

func newPeople(l *ledger) *people {
	p := &people{ledger: l, anna: l.person("anna@example.com"), officerEmail: "officer@example.org", key: l.service("maps"), shown: l.notice("location")}
	p.officer = l.officer(p.officerEmail, domain.RoleCompliance)
	l.grant(p.anna)
	return p
}

// send sends a request, a change with an Idempotency-Key.
func (p *people) send(r request) {
	p.t.Helper()
	var headers []header
	if r.method != "GET" {
		headers = append(headers, header{"Idempotency-Key", uuid.NewString()})
	}
	p.want(r.status, r.method, r.path, r.token, r.body, headers...)
}

func (p *people) address() string {
	p.count++
	return fmt.Sprintf("person-%d@example.com", p.count)
}

// another is a person that this process has seen.
func (p *people) another() person {
	p.t.Helper()
	one := p.person(p.address())
	p.seen(one.token)
	return one
}

// seen gives a token back once this process has seen it.
func (p *people) seen(token string) string {
	p.t.Helper()
	p.want(200, "GET", "/v1/sessions", token, "")
	return token
}

func (p *people) erasure(one person) string {
	p.t.Helper()
	return p.want(202, "POST", "/v1/erasures", one.token, "").str(p.t, "id")
}

func (p *people) check(right bool) request {
	p.t.Helper()
	up := p.want(202, "POST", "/v1/sign-ups", "", signUpBody(p.address()))
	id := up.str(p.t, "verification")
	status, code := 200, p.code(id, 1)
	if !right {
		status, code = 422, "wrong"
	}
	return request{status, "POST", "/v1/verifications/" + id + "/check", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, up.str(p.t, "handle"), code)}
}

// pending is a sign-in that waits for its code.
func (p *people) pending() request {
	p.t.Helper()
	one := p.another()
	if p.deps.Config.Unusual != commands.UnusualCode {
		p.deps.Config.Unusual = commands.UnusualCode
		p.begin()
	}
	begun := p.want(202, "POST", "/v1/sessions", "", signInBody(one.email, false))
	id := begun.str(p.t, "sign_in")
	return request{201, "POST", "/v1/sign-ins/" + id + "/factor", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, begun.str(p.t, "handle"), p.code(id, 1))}
}

func (p *people) resend() request {
	p.t.Helper()
	up := p.want(202, "POST", "/v1/sign-ups", "", signUpBody(p.address()))
	p.code(up.str(p.t, "verification"), 1) // as its message is made
	p.clock.add(domain.ResendPause)
	return request{202, "POST", "/v1/verifications/" + up.str(p.t, "verification") + "/resend", "", fmt.Sprintf(`{"handle": %q}`, up.str(p.t, "handle"))}
}

func (p *people) enrol() request {
	p.t.Helper()
	code := p.enrolment(p.address(), domain.RoleAnalyst)
	return request{200, "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code": %q, "password": %q}`, code, password)}
}

// question is the record of a query of the officer's.
func (p *people) question() string {
	l := p.ledger
	l.want(200, "POST", "/v1/views/accounts/query", p.officer, "{}")
	return l.want(200, "POST", "/v1/views/accesses/query", p.officer,
		`{"filter": {"field": "kind", "op": "eq", "value": "queried"}, "sort": [{"field": "at", "desc": true}], "limit": 1}`).str(l.t, "documents", 0, "id")
}
