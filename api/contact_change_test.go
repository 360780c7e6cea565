package api_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"accountledger/commands"
	"accountledger/domain"
	"accountledger/journal"
)

// told is the latest message about an event of an account.
func (l *ledger) told() (m commands.MessageToSend) {
	l.t.Helper()
	for at := (journal.Checkpoint{}); ; {
		page, err := l.deps.Journal.ReadAll(l.t.Context(), at, journal.PageSize)
		must(l.t, 0, err)
		if page.Checkpoint == at {
			return m
		}
		at = page.Checkpoint
		for _, r := range page.Records {
			if asked, ok := r.Asks(); ok && asked.Telling != (domain.Telling{}) {
				a, err := l.menu.Message(l.t.Context(), commands.Request{Caller: domain.System(), Channel: domain.ChannelProcess, Operation: "message"}, asked)
				must(l.t, 0, err)
				m = a.Value
			}
		}
	}
}

// attached adds another address, and gives its id.
func (l *ledger) attached(p person, email string) string {
	l.t.Helper()
	asked := l.want(202, "POST", "/v1/me/contacts", p.token, fmt.Sprintf(`{"email": %q}`, email))
	id := asked.str(l.t, "verification")
	l.want(200, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle": %q, "code": %q}`, asked.str(l.t, "handle"), l.code(id, 1)))
	all, _ := l.want(200, "GET", "/v1/me/contacts", p.token, "").get(l.t, "contacts").([]any)
	return l.want(200, "GET", "/v1/me/contacts", p.token, "").str(l.t, "contacts", len(all)-1, "id")
}

// first is the id of a person's first address.
func (l *ledger) first(p person) string {
	l.t.Helper()
	return l.want(200, "GET", "/v1/me/contacts", p.token, "").str(l.t, "contacts", 0, "id")
}

// moved removes a person's first address, and gives what is sent there.
func (l *ledger) moved(p person, email string) commands.MessageToSend {
	l.t.Helper()
	second := l.attached(p, email)
	l.want(204, "POST", "/v1/me/contacts/"+second+"/primary", p.token, "")
	l.want(200, "DELETE", "/v1/me/contacts/"+l.first(p), p.token, "")
	return l.told()
}

func undoBody(m commands.MessageToSend, code string) string {
	return fmt.Sprintf(`{"token": %q, "code": %q}`, string(m.Link), code)
}

// TestContactsChange: add, make primary, remove, undo. Who takes somebody else's address for theirs learns nothing.
func TestContactsChange(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	second, first := l.attached(anna, "anna@example.net"), l.first(anna)
	if r := l.want(409, "DELETE", "/v1/me/contacts/"+first, anna.token, ""); r.str(t, "code") != "contact_primary" {
		t.Error(r.text)
	}
	for _, path := range []string{first, second, noID, "x"} {
		l.want(404, "DELETE", "/v1/me/contacts/"+path, ben.token, "")
		l.want(404, "POST", "/v1/me/contacts/"+path+"/primary", ben.token, "")
	}
	l.want(204, "POST", "/v1/me/contacts/"+second+"/primary", anna.token, "")
	if me := l.want(200, "GET", "/v1/me", anna.token, ""); me.str(t, "email") != "anna@example.net" {
		t.Error(me.text)
	}
	removed := l.want(200, "DELETE", "/v1/me/contacts/"+first, anna.token, "")
	list := l.want(200, "GET", "/v1/me/contacts", anna.token, "")
	if list.str(t, "removed", 0, "undo_until") != removed.str(t, "undo_until") || list.str(t, "removed", 0, "email") != anna.email ||
		list.get(t, "contacts", 0, "primary") != true {
		t.Error(list.text)
	}
	l.want(401, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	l.clock.add(6 * time.Minute)
	for _, ask := range []string{"DELETE /v1/me/contacts/" + second, "POST /v1/me/contacts/" + second + "/primary", "POST /v1/me/birth-month"} {
		method, path, _ := strings.Cut(ask, " ")
		if r := l.want(403, method, path, anna.token, ""); r.str(t, "code") != "step_up_required" {
			t.Errorf("%s: %s", ask, r.text)
		}
	}
	m := l.told()
	for name, test := range map[string]struct {
		status            int
		body, code, field string
	}{
		"no token":     {422, `{"code": "123456"}`, "required", "/token"},
		"no code":      {422, fmt.Sprintf(`{"token": %q}`, string(m.Link)), "required", "/code"},
		"another link": {404, `{"token": "` + canary + `", "code": "123456"}`, "link_unknown", "/token"},
		"a wrong code": {422, undoBody(m, "12345x"), "wrong_code", "/code"},
	} {
		r := l.want(test.status, "POST", "/v1/undos", "", test.body)
		if r.str(t, "code") != test.code || r.str(t, "field") != test.field || strings.Contains(r.text, canary) {
			t.Errorf("%s: %s", name, r.text)
		}
	}
	l.want(204, "POST", "/v1/undos", "", undoBody(m, m.Code))
	if r := l.want(410, "POST", "/v1/undos", "", undoBody(m, m.Code)); r.str(t, "code") != "link_ended" {
		t.Error(r.text)
	}
	l.want(401, "GET", "/v1/me", anna.token, "")
	anna.token, _ = l.signIn(anna.email)
	if r := l.want(409, "DELETE", "/v1/me/contacts/"+second, anna.token, ""); r.str(t, "code") != "account_guarded" {
		t.Error(r.text)
	}
	history := l.want(200, "GET", "/v1/me/history", anna.token, "")
	for _, want := range []string{"contact.detached.v1", "contact.restored.v1", "link.used.v1", "account.guarded.v1"} {
		if !strings.Contains(history.text, want) {
			t.Errorf("no %s in the history", want)
		}
	}
	if strings.Contains(history.text+l.logs.String(), m.Code) || strings.Contains(history.text+l.logs.String(), string(m.Link)) {
		t.Error("history or logs hold the link or its code")
	}
}

// form sends the page's form.
func (l *ledger) form(status int, link, code string) reply {
	l.t.Helper()
	return l.want(status, "POST", "/undo", "", url.Values{"link": {link}, "code": {code}}.Encode(), header{"Content-Type", "application/x-www-form-urlencoded"})
}

// TestUndoPage: programs that open the link of a mail, and those that send the form behind it, change nothing; somebody who types the code
// does. The page needs no script.
// The pages that links lead to speak the language that the client prefers, refusals too, and work without scripts.
func TestLinkPagesInEveryLanguage(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	for path, says := range map[string]map[string][2]string{
		"/undo": {"": {"en", "Put an address back"}, "fr": {"en", "Put an address back"}, "de-AT": {"de", "Eine Adresse wieder eintragen"},
			"es": {"es", "Recuperar una dirección quitada"}, "zh-CN": {"zh-Hans", "恢复被移除的地址"}},
		"/not-me": {"": {"en", "It was not me"}, "de": {"de", "Das war ich nicht"}, "es-MX,en;q=0.5": {"es", "No he sido yo"}, "zh": {"zh-Hans", "不是我本人"}},
	} {
		for accept, want := range says {
			form := url.Values{"link": {"https://accounts.example.com" + path + "#made-up"}, "code": {"123456"}}.Encode()
			refused := l.want(404, "POST", path, "", form, header{"Content-Type", "application/x-www-form-urlencoded"}, header{"Accept-Language", accept})
			for _, page := range []reply{l.want(200, "GET", path, "", "", header{"Accept-Language", accept}), refused} {
				if page.Header.Get("Content-Language") != want[0] || page.Header.Get("Vary") != "Accept-Language" ||
					!strings.Contains(page.text, `<html lang="`+want[0]+`">`) || !strings.Contains(page.text, "<h1>"+want[1]+"</h1>") ||
					!strings.Contains(page.text, `<form method="post" action="`+path+`"`) {
					t.Errorf("%s for %q: %v %s", path, accept, page.Header, page.text)
				}
			}
			if english := strings.Contains(refused.text, "This is not a link"); english != (want[0] == "en") {
				t.Errorf("%s for %q refuses with %s", path, accept, refused.text)
			}
		}
	}
}

func TestUndoPage(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	m := l.moved(anna, "anna@example.net")
	link := "https://accounts.example.com/undo#" + string(m.Link)
	for range 3 {
		page := l.want(200, "GET", "/undo", "", "", header{"Accept", "text/html"})
		policy := page.Header.Get("Content-Security-Policy")
		if strings.Contains(policy, "unsafe") || !strings.Contains(policy, "form-action 'self'") || !strings.Contains(policy, "default-src 'none'") ||
			page.Header.Get("Referrer-Policy") != "no-referrer" || page.Header.Get("Cache-Control") != "no-store" || !strings.Contains(page.text, `method="post"`) {
			t.Errorf("%s %v", page.text, page.Header)
		}
		_, script, _ := strings.Cut(page.text, "<script>")
		script, _, _ = strings.Cut(script, "</script>")
		if sum := sha256.Sum256([]byte(script)); !strings.Contains(policy, "script-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'") {
			t.Errorf("the policy is not for the script: %s", policy)
		}
		for _, code := range []string{"", "yes", "on", "%00"} {
			l.form(422, link, code)
		}
		l.want(404, "POST", "/undo", "", "", header{"Content-Type", "application/x-www-form-urlencoded"})
		l.want(400, "GET", "/undo?token="+string(m.Link), "", "")
		l.want(422, "POST", "/undo", "", `{"link": 1}`)
		l.want(413, "POST", "/undo", "", strings.Repeat("a=b&", 10_000), header{"Content-Type", "application/x-www-form-urlencoded"})
	}
	l.want(200, "GET", "/v1/me", anna.token, "") // nothing has changed
	if r := l.form(404, `"><script>alert(1)</script>`, "123456"); strings.Contains(r.text, "<script>alert") || !strings.Contains(r.text, "not a link") {
		t.Error(r.text)
	}
	wrong := "000000"
	if m.Code == wrong {
		wrong = "111111"
	}
	for range 4 {
		if r := l.form(422, link, wrong); !strings.Contains(r.text, string(m.Link)) || !strings.Contains(r.text, `role="alert"`) {
			t.Error(r.text)
		}
	}
	if r := l.form(200, link, m.Code[:3]+" "+m.Code[3:]); !strings.Contains(r.text, "is back") || strings.Contains(r.text, string(m.Link)) {
		t.Error(r.text)
	}
	l.want(401, "GET", "/v1/me", anna.token, "")
	l.form(410, link, m.Code)
	if strings.Contains(l.logs.String(), m.Code) || strings.Contains(l.logs.String(), string(m.Link)) {
		t.Error("the logs hold the link or its code")
	}
	l.signIn(anna.email)
}

// TestCorrectBirthMonth over HTTP.
func TestCorrectBirthMonth(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	for body, code := range map[string]string{`{}`: "required", `{"birth_month": "2090-01"}`: "invalid_birth_month",
		`{"birth_month": "1990-05"}`: "birth_month_same"} {
		if r := l.send("POST", "/v1/me/birth-month", anna.token, body); r.str(t, "code") != code || r.str(t, "field") != "/birth_month" {
			t.Errorf("%s: %s", body, r.text)
		}
	}
	if r := l.want(200, "POST", "/v1/me/birth-month", anna.token, `{"birth_month": "2013-01"}`); r.str(t, "capacity") != "guardian_required" {
		t.Error(r.text)
	}
	if me := l.want(200, "GET", "/v1/me", anna.token, ""); me.str(t, "birth_month") != "2013-01" || me.str(t, "birth_month_corrected_at") == "" ||
		me.str(t, "capacity") != "guardian_required" {
		t.Error(me.text)
	}
	if r := l.want(409, "POST", "/v1/me/birth-month", anna.token, `{"birth_month": "2012-01"}`); r.str(t, "code") != "birth_month_corrected" {
		t.Error(r.text)
	}
}
