package api_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

// forPrograms are codes of what only a client's program can do wrong, or an operator or officer; they are said in English.
var forPrograms = []string{"enrolment_refused", "idempotency_key_reused", "invalid_client", "invalid_notice", "invalid_purpose", "invalid_state",
	"not_a_choice", "null_value", "out_of_range", "too_few", "too_many", "wrong_form", "wrong_type"}

// TestTextsOfRefusals: whatever a person can be refused for is said in every language, and nothing else is.
func TestTextsOfRefusals(t *testing.T) {
	t.Parallel()
	met := map[string]bool{}
	for _, item := range newLedger(t).announced().root["paths"].(map[string]any) {
		for _, op := range item.(map[string]any) {
			tags := op.(map[string]any)["tags"].([]any)
			if slices.Contains(tags, any("services")) || slices.Contains(tags, any("looking")) {
				continue
			}
			for status, r := range op.(map[string]any)["responses"].(map[string]any) {
				codes, _ := r.(map[string]any)["x-codes"].([]any)
				for _, c := range codes {
					if code := c.(string); !slices.Contains([]string{"400", "405", "413", "415"}, status) && !slices.Contains(forPrograms, code) {
						met[code] = true
					}
				}
			}
		}
	}
	if len(met) < 40 {
		t.Fatalf("only %d codes", len(met))
	}
	for _, l := range domain.Languages()[1:] {
		data, err := os.ReadFile(filepath.Join("texts", string(l)+".json"))
		must(t, 0, err)
		var texts map[string]string
		must(t, 0, json.Unmarshal(data, &texts))
		for code := range met {
			if texts[code] == "" {
				t.Errorf("%s has no text in %s", code, l)
			}
		}
		for code, text := range texts {
			numbered := slices.Contains([]string{"too_short", "too_long", "password_too_short", "password_too_long"}, code)
			if !met[code] || strings.Contains(text, "{n}") != numbered || !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, "。") {
				t.Errorf("%s in %s is met by nobody, has no end, or another number: %s", code, l, text)
			}
		}
	}
}

// TestLanguageOfRefusals: a person is told in their own language, a guest in the one that their client prefers, officers and services in English.
// What a guest is told about an address does not depend on its owner.
func TestLanguageOfRefusals(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	l.want(200, "PUT", "/v1/me/language", anna.token, `{"language": "zh-CN"}`)
	officer, service := l.officer("officer@example.org", domain.RoleCompliance), l.service("maps")
	german := header{"Accept-Language", "fr;q=0.9, de-AT;q=0.8"}
	for _, c := range []struct{ name, method, path, token, body, language, text string }{
		{"a guest's form", "POST", "/v1/sign-ups", "", `{"password": "a"}`, "de", "Verwenden Sie mindestens 15 Zeichen."},
		{"a password of a command", "POST", "/v1/sign-ups", "", strings.Replace(signUpBody("b@example.com"), password, "passwordpassword", 1), "de",
			"Dieses Passwort gehört"},
		{"wrong credentials", "POST", "/v1/sessions", "", strings.Replace(signInBody("nobody@example.com", false), password, "x", 1), "de",
			"oder Passwort ist falsch"},
		{"wrong credentials of somebody", "POST", "/v1/sessions", "", strings.Replace(signInBody(anna.email, false), password, "x", 1), "de",
			"oder Passwort ist falsch"},
		{"a guest elsewhere", "GET", "/v1/me", "", "", "de", "Melden Sie sich zuerst an."},
		{"no route", "GET", "/v1/nothing", "", "", "de", "There is no such route."},
		{"a person's form", "POST", "/v1/me/devices", anna.token, `{"kind": "phone", "model": ""}`, "zh-Hans", "设备型号应为 1 至 100 个字符"},
		{"a person's refusal", "DELETE", "/v1/me/devices/" + noID, anna.token, "", "zh-Hans", "不存在，或不属于您。"},
		{"a person's program", "POST", "/v1/me/devices", anna.token, `{`, "zh-Hans", "not well-formed JSON"},
		{"an officer", "POST", "/v1/lookups", officer, `{}`, "en", "This field is required."},
		{"a service", "GET", "/v1/me", service, "", "en", "You are not allowed to do this."},
	} {
		r := l.send(c.method, c.path, c.token, c.body, german)
		if r.Header.Get("Content-Language") != c.language || !strings.Contains(r.str(t, "detail"), c.text) {
			t.Errorf("%s: %s %s", c.name, r.Header.Get("Content-Language"), r.text)
		}
		if faults, _ := r.get(t, "errors").([]any); len(faults) > 0 && r.str(t, "errors", 0, "message") != r.str(t, "detail") {
			t.Errorf("%s: %s", c.name, r.text)
		}
	}
	r := l.send("POST", "/v1/sign-ups", "", `{}`, header{"Accept-Language", "es-MX"})
	for i := range 5 {
		if r.str(t, "errors", i, "message") != "Falta este dato." || r.str(t, "title") != "Invalid value" {
			t.Errorf("in Spanish: %s", r.text)
		}
	}
	if r := l.send("GET", "/v1/me", "", "", header{"Accept-Language", "*;;,"}); r.Header.Get("Content-Language") != "en" {
		t.Errorf("a header that cannot be read: %v", r.Header)
	}
	broken := "account-"
	l.store.refuse.Store(&broken)
	if r := l.send("PUT", "/v1/me/language", anna.token, `{"language": "en"}`, german); r.StatusCode != 503 || !strings.Contains(r.text, "vorübergehend") {
		t.Errorf("when the log fails: %d %s", r.StatusCode, r.text)
	}
}
