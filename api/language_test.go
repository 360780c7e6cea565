package api_test

import (
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
)

// TestSetLanguage: only its owner changes a language, and sees it, in messages and notices too.
func TestSetLanguage(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	of := func(p person) string {
		t.Helper()
		return l.want(200, "GET", "/v1/me", p.token, "").str(t, "language")
	}
	set := func(status int, token string) reply {
		t.Helper()
		return l.want(status, "PUT", "/v1/me/language", token, `{"language": "DE_at"}`)
	}
	for token, status := range map[string]int{"": 401, l.service("maps"): 403, l.officer("officer@example.org", domain.RoleCompliance): 403} {
		if r := set(status, token); strings.Contains(r.text, "DE_at") {
			t.Errorf("repeats what was sent: %s", r.text)
		}
	}
	if of(anna) != "en" {
		t.Error("a refused change was made")
	}
	first := set(200, anna.token)
	if first.str(t, "language") != "de-AT" || first.Header.Get("Ledger-Position") == "" || strings.Contains(first.text, anna.email) {
		t.Errorf("set: %s", first.text)
	}
	if again := set(200, anna.token); again.str(t, "language") != "de-AT" || again.Header.Get("Ledger-Position") != "" {
		t.Errorf("set again: %s", again.text)
	}
	if of(anna) != "de-AT" || of(ben) != "en" {
		t.Error("not the person's own, or another's too")
	}
	if h := l.want(200, "GET", "/v1/me/history", anna.token, ""); strings.Count(h.text, "language.changed.v1") != 1 {
		t.Errorf("history: %s", h.text)
	}
	if m := l.message(l.want(202, "POST", "/v1/sign-ups", "", signUpBody(anna.email)).str(t, "verification")); m.Kind != domain.MessageExists ||
		m.Language != "de-AT" {
		t.Errorf("message %s is in %s", m.Kind, m.Language)
	}
	for query, want := range map[string]string{"": "Standort", "?language=en": "Location"} {
		r := l.want(200, "GET", "/v1/catalogue"+query, anna.token, "", header{"Accept-Language", "en"})
		if r.str(t, "permissions", 0, "title") != want || !strings.Contains(r.Header.Get("Vary"), "Authorization") {
			t.Errorf("catalogue%s: %.300s", query, r.text)
		}
	}
	officer := l.officer("other@example.org", domain.RoleCompliance)
	found := l.want(200, "POST", "/v1/views/accounts/query", officer, `{"filter": {"field": "language", "op": "eq", "value": "de-AT"}}`)
	if !strings.Contains(found.text, anna.account) || strings.Contains(found.text, ben.account) {
		t.Errorf("the view: %s", found.text)
	}
}

// message is what the notifier sends for a sign-up's first issue.
func (l *ledger) message(verification string) commands.MessageToSend {
	l.t.Helper()
	id, _ := domain.ParseID(verification)
	r := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "message"}
	m, err := l.menu.Message(l.t.Context(), r, domain.MessageRequest{Verification: domain.VerificationID{UUID: id}, Issue: 1})
	must(l.t, 0, err)
	return m.Value
}
