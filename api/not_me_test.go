package api_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// alerted is the message about the latest fact that a person is told of.
func (l *ledger) alerted(p person) (m commands.MessageToSend) {
	l.t.Helper()
	page, err := l.deps.Journal.ReadAll(l.t.Context(), journal.Checkpoint{}, 100_000)
	must(l.t, 0, err)
	as := commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "alerts"}
	for _, r := range slices.Backward(page.Records) {
		if told, ok := r.Alert(); !ok || told.Account.String() != p.account {
			continue
		}
		asked, err := l.menu.Alerts(l.t.Context(), as, commands.Alerts{Fact: r.Fact})
		must(l.t, 0, err)
		a, err := l.menu.Message(l.t.Context(), as, asked.Value[0])
		must(l.t, 0, err)
		return a.Value
	}
	l.t.Fatal("nothing to tell")
	return m
}

// TestNotMe: by the link in a message, and by the page that it leads to, but neither by opening it nor by sending the form without the code.
func TestNotMe(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	thief := l.want(201, "POST", "/v1/sessions", "", signInBody(anna.email, false)).str(t, "token")
	m := l.alerted(anna)
	if m.Kind != domain.MessageNewSignIn || m.To != anna.email || m.Code == "" {
		t.Fatalf("told %s", m.Kind)
	}
	form := func(status int, link, code string) reply {
		return l.want(status, "POST", "/not-me", "", url.Values{"link": {link}, "code": {code}}.Encode(), header{"Content-Type", "application/x-www-form-urlencoded"})
	}
	page := l.want(200, "GET", "/not-me", "", "", header{"Accept", "text/html"})
	if !strings.Contains(page.text, `action="/not-me"`) || !strings.Contains(page.Header.Get("Content-Security-Policy"), "form-action 'self'") {
		t.Error(page.text)
	}
	form(422, string(m.Link), "")
	form(422, string(m.Link), "wrong")
	form(404, "", m.Code)
	if r := l.want(404, "POST", "/v1/undos", "", undoBody(m, m.Code)); r.str(t, "code") != "link_unknown" {
		t.Error("it is good for an undo: " + r.text)
	}
	l.want(200, "GET", "/v1/me", thief, "")
	if r := form(200, "https://accounts.example.com/not-me#"+string(m.Link), m.Code); !strings.Contains(r.text, "is protected") {
		t.Error(r.text)
	}
	l.want(401, "GET", "/v1/me", thief, "")
	l.want(401, "GET", "/v1/me", anna.token, "")
	if r := l.want(403, "POST", "/v1/sessions", "", signInBody(anna.email, false)); r.str(t, "code") != "password_suspended" {
		t.Error(r.text)
	}
	if r := l.want(410, "POST", "/v1/alerts/not-me", "", undoBody(m, m.Code)); r.str(t, "code") != "link_ended" {
		t.Error(r.text)
	}
	if strings.Contains(l.logs.String(), m.Code) || strings.Contains(l.logs.String(), string(m.Link)) {
		t.Error("the logs hold the link or its code")
	}
}
