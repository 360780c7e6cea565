package server_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
	"accountledger/server"
)

// TestPasskeysAndTheOrigin: passkeys are made under dev's own origin, outlive a restart on another port, and keep a server with another host from
// starting.
func TestPasskeysAndTheOrigin(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	cfg.Dev = true
	r := start(t, cfg)
	anna := r.join(mail, "anna@example.com", "hers").token
	page := func(r *running) passkeytest.Page {
		port := r.url[strings.LastIndex(r.url, ":")+1:]
		return passkeytest.Page{Origin: "http://localhost:" + port}
	}
	var create passkeys.RegistrationOptions
	reads(t, r.want(200, "POST", "/v1/me/factors/passkeys", anna, "").body, &create)
	d := passkeytest.New()
	r.want(201, "POST", "/v1/me/factors/passkeys/confirm", anna, fmt.Sprintf(`{"passkey": %s, "name": "mine"}`, d.Make(page(r), create)))
	r.stop()

	r = start(t, cfg)
	var get passkeys.AssertionOptions
	reads(t, r.want(200, "POST", "/v1/passkeys/challenge", "", "").body, &get)
	r.want(201, "POST", "/v1/passkeys/sessions", "", fmt.Sprintf(`{"passkey": %s}`, d.Sign(page(r), get)))
	r.stop()

	cfg.Origin = "https://accounts.example.com"
	err := refusedStart(t, cfg)
	failure := server.FailureOf(err)
	if !errors.Is(err, domain.ErrOtherParty) || failure.Exit != operate.ExitRefused || failure.Code != "other_origin" ||
		!strings.Contains(failure.Message, "localhost") {
		t.Errorf("%+v", failure)
	}
}

func reads(t *testing.T, text string, into any) {
	t.Helper()
	fatal(t, json.Unmarshal([]byte(text), into))
}
