package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

// ask sends a body to a handler, without a network between.
func ask(h http.Handler, path, token string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(string(body)))
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	out := httptest.NewRecorder()
	h.ServeHTTP(out, r)
	return out
}

// answered fails the test when a body broke the server, or when the refusal is no problem document.
func answered(t *testing.T, r *httptest.ResponseRecorder) {
	t.Helper()
	if r.Code >= 500 {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
	if r.Code < 400 {
		return
	}
	var problem struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(r.Body.Bytes(), &problem); err != nil || problem.Code == "" || r.Header().Get("Content-Type") != "application/problem+json" {
		t.Fatalf("%d: %s", r.Code, r.Body)
	}
}

// FuzzQueryBody asks a view with any body: filters, words, sorts, groups, histograms and cursors are answered or
// refused, and nothing breaks.
func FuzzQueryBody(f *testing.F) {
	l := newLedger(f)
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	for _, body := range []string{
		`{}`, `{"filter":{"field":"region","op":"in","values":["DE","FR"]},"limit":3,"with_total":true}`,
		`{"filter":{"all":[{"any":[{"not":{"field":"region","op":"exists"}}]}]},"sort":[{"field":"opened_at","desc":true}]}`,
		`{"words":"a* b","cursor":"AAAA"}`, `{"group":{"by":["region"],"limit":2}}`, `{"histogram":{"field":"opened_at","interval":"day","zone":"Europe/Berlin"}}`,
		`{"filter":{"field":"opened_at","op":"lt","value":"2026-01-01T00:00:00Z"}}`, `{"filter":null,"filter":null}`, "\xff", `{"words":"\u0000"}`,
	} {
		f.Add([]byte(body))
	}
	h := l.api.Handler()
	f.Fuzz(func(t *testing.T, body []byte) {
		answered(t, ask(h, "/v1/views/accounts/query", officer, body))
	})
}

// FuzzSignUpBody signs up with any body.
func FuzzSignUpBody(f *testing.F) {
	l := newLedger(f)
	for _, body := range []string{
		`{"email":"ada@example.org","password":"correct-walrus-battery-41","region":"DE","language":"de","birth_month":"1990-05"}`,
		`{"email":"ada@","password":"x"}`, `{"email":["a"]}`, `[]`, `{"email":"a@b.c","email":"d@e.f"}`, `{"extra":1}`, `{"birth_month":"1990-13"}`, ``, `{`,
	} {
		f.Add([]byte(body))
	}
	h := l.api.Handler()
	f.Fuzz(func(t *testing.T, body []byte) {
		answered(t, ask(h, "/v1/sign-ups", "", body))
	})
}
