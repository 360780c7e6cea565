package api_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestWalk is the main line: sign up, decide, link, be looked at, see who looked, leave.
func TestWalk(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	l.grant(anna)
	device := l.device(anna, "kitchen phone")
	key := l.service("maps")
	decide := fmt.Sprintf(`{"account": %q, "permission": "location", "purpose": "navigation"}`, anna.account)
	r := l.want(200, "POST", "/v1/decisions", key, decide)
	if r.str(t, "outcome") != "allowed" || r.str(t, "decision") == "" || r.Header.Get("Ledger-Position") == "" {
		t.Fatalf("decision: %s", r.text)
	}
	l.want(200, "PUT", "/v1/me/permissions/location", anna.token, `{"purpose": "navigation", "state": "withdrawn"}`)
	if r := l.want(200, "POST", "/v1/decisions", key, decide); r.str(t, "outcome") != "denied" || strings.Contains(r.text, "withdrawn") {
		t.Fatalf("after the withdrawal: %s", r.text)
	}
	officer := l.officer("officer@example.org", "compliance")
	why := `"purpose": "subject_request", "case": "DSR-2026-0042"`
	if r := l.want(200, "POST", "/v1/lookups", officer, `{"email": "ANNA@example.com", `+why+`}`); r.str(t, "account") != anna.account {
		t.Fatalf("look-up: %s", r.text)
	}
	shown := l.want(200, "POST", "/v1/accounts/"+anna.account+"/reveal", officer, `{"parts": ["email", "device_names", "clients"], `+why+`}`)
	if shown.str(t, "emails", 0) != "anna@example.com" || shown.str(t, "devices", 0, "name") != "kitchen phone" || strings.Contains(shown.text, "X1") {
		t.Fatalf("reveal: %s", shown.text)
	}
	seen := l.want(200, "GET", "/v1/me/accesses", anna.token, "")
	kinds := fmt.Sprint(seen.get(t, "accesses", 0, "kind"), seen.get(t, "accesses", 1, "kind"), seen.get(t, "accesses", 2, "outcome"),
		seen.get(t, "accesses", 3, "outcome"))
	if kinds != "revealedlooked_updeniedallowed" && kinds != "looked_uprevealeddeniedallowed" || strings.Contains(seen.text, "DSR-2026") {
		t.Fatalf("accesses: %s", seen.text)
	}
	if me := l.want(200, "GET", "/v1/me", anna.token, ""); me.str(t, "email") != anna.email || me.str(t, "birth_month") != "1990-05" {
		t.Fatalf("me: %s", me.text)
	}
	if h := l.want(200, "GET", "/v1/me/history", anna.token, ""); !strings.Contains(h.text, "device.linked.v1") || !strings.Contains(h.text, "kitchen phone") ||
		strings.Contains(h.text, "secret_hash") {
		t.Fatalf("history: %s", h.text)
	}
	if d := l.want(200, "PATCH", "/v1/me/devices/"+device, anna.token, `{"name": "hall phone"}`); d.str(t, "name") != "hall phone" {
		t.Fatalf("rename: %s", d.text)
	}
	l.want(204, "DELETE", "/v1/me/devices/"+device, anna.token, "")
	l.leave(anna)
}

// leave asks for erasure, cancels it, asks again, and signs out.
func (l *ledger) leave(p person) {
	l.t.Helper()
	e := l.want(202, "POST", "/v1/erasures", p.token, "")
	id := e.str(l.t, "id")
	for _, path := range []string{"", "/contacts", "/devices", "/history", "/permissions", "/accesses"} { // the right of access stays
		l.want(200, "GET", "/v1/me"+path, p.token, "")
	}
	l.want(200, "GET", "/v1/sessions", p.token, "")
	for _, change := range [][3]string{{"POST", "/v1/me/devices", `{"kind": "phone", "model": "X1", "name": "n"}`},
		{"PUT", "/v1/me/permissions/location", `{"purpose": "navigation", "state": "withdrawn"}`}, {"PUT", "/v1/me/language", `{"language": "en"}`},
		{"POST", "/v1/me/contacts", `{"email": "other@example.com"}`}, {"DELETE", "/v1/me/contacts/" + noID, ""},
		{"POST", "/v1/me/contacts/" + noID + "/primary", ""}, {"POST", "/v1/me/birth-month", `{"birth_month": "1991-01"}`}} {
		if r := l.want(403, change[0], change[1], p.token, change[2]); r.str(l.t, "code") != "account_closing" {
			l.t.Errorf("%s %s: %s", change[0], change[1], r.text)
		}
	}
	if s := l.want(200, "GET", "/v1/erasures/"+id, "", ""); s.str(l.t, "state") != "requested" {
		l.t.Fatalf("erasure: %s", s.text)
	}
	if s := l.want(200, "DELETE", "/v1/erasures/"+id, p.token, ""); s.str(l.t, "state") != "cancelled" {
		l.t.Fatalf("cancelled: %s", s.text)
	}
	l.want(202, "POST", "/v1/erasures", p.token, "")
	if s := l.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email": %q, "password": %q}`, p.email, password)); s.get(l.t, "closing") != true {
		l.t.Fatalf("sign-in while closing: %s", s.text)
	}
	l.want(204, "DELETE", "/v1/sessions/"+p.session, p.token, "")
	l.want(401, "GET", "/v1/me", p.token, "")
}
