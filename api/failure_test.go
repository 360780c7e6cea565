package api_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"accountledger/api"
	"accountledger/domain"
	"accountledger/journal"
	"accountledger/projections/view"
)

// brokenViews fail in ways that nobody foresaw.
type brokenViews struct{ *foldingViews }

func (brokenViews) Query(_ context.Context, name string, _ view.Query, _ journal.Position, _ time.Duration) (*view.Result, view.GenerationID, error) {
	if name == "accounts" {
		return nil, view.GenerationID{}, errors.New("the disk says " + canary)
	}
	panic("something " + canary)
}

// TestUnforeseen: what nobody foresaw is answered as internal and logged by its type, without its text.
func TestUnforeseen(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	officer := l.officer("compliance@example.org", domain.RoleCompliance)
	logs := &buffer{}
	broken, err := api.New(api.Deps{Menu: l.menu, Views: brokenViews{l.views},
		Head:  func(context.Context) (journal.Position, error) { return journal.Position{}, nil },
		Ready: func(context.Context) bool { return false }, Log: slog.New(slog.NewJSONHandler(logs, nil)), Now: l.clock.now})
	must(t, 0, err)
	l.server = httptest.NewServer(broken.Handler())
	t.Cleanup(l.server.Close)
	for _, name := range []string{"accounts", "permissions"} {
		r := l.want(500, "POST", "/v1/views/"+name+"/query", officer, `{}`)
		if r.str(t, "code") != "internal" || strings.Contains(r.text, canary) || r.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s", name, r.text)
		}
	}
	text := logs.String()
	if strings.Contains(text, canary) || !strings.Contains(text, `"cause":["*errors.errorString"]`) || !strings.Contains(text, `"operation":"queryView"`) ||
		!strings.Contains(text, `"class":"string"`) {
		t.Errorf("the log is\n%s", text)
	}
	l.want(404, "GET", "/metrics", "", "")
}

// A panic in a concurrent read ends its request and nothing else.
func TestPanicOfARead(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	l.want(200, "GET", "/v1/me", anna.token, "")
	for _, prefix := range []string{"account-", "sessions-", "notice-"} {
		l.store.panics.Store(&prefix)
		if r := l.want(500, "GET", "/v1/me/permissions", anna.token, ""); r.str(t, "code") != "internal" || strings.Contains(r.text, canary) {
			t.Errorf("%s: %s", prefix, r.text)
		}
		l.store.panics.Store(nil)
		l.want(200, "GET", "/v1/me/permissions", anna.token, "")
	}
	if text := l.logs.String(); strings.Contains(text, canary) || strings.Count(text, `"class":"string"`) != 3 || !strings.Contains(text, "ReadStream") {
		t.Errorf("the log is\n%s", text)
	}
}

// TestNeeded: an API is not made without its dependencies.
func TestNeeded(t *testing.T) {
	t.Parallel()
	if _, err := api.New(api.Deps{}); err == nil {
		t.Error("made without dependencies")
	}
}
