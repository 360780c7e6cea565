package api_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"accountledger/passkeys"
	"accountledger/passkeys/passkeytest"
)

// thePage is where people are when they use passkeys.
var thePage = passkeytest.Page{Origin: "https://accounts.example.com"}

// creation are the options in an answer.
func (l *ledger) creation(p person) (o passkeys.RegistrationOptions) {
	l.t.Helper()
	l.read(l.want(200, "POST", "/v1/me/factors/passkeys", p.token, ""), &o)
	return o
}

func (l *ledger) read(r reply, into any) {
	l.t.Helper()
	if err := json.Unmarshal([]byte(r.text), into); err != nil {
		l.t.Fatal(err)
	}
}

// makingPasskey is the request that makes a device's passkey a person's.
func (l *ledger) makingPasskey(p person, d *passkeytest.Device) request {
	l.t.Helper()
	return request{201, "POST", "/v1/me/factors/passkeys/confirm", p.token, fmt.Sprintf(`{"passkey": %s, "name": "my key"}`, d.Make(thePage, l.creation(p)))}
}

// passkeyOf makes a passkey for a person.
func (l *ledger) passkeyOf(p person) (id string, d *passkeytest.Device) {
	l.t.Helper()
	d = passkeytest.New()
	r := l.makingPasskey(p, d)
	return l.want(r.status, r.method, r.path, r.token, r.body).str(l.t, "factor"), d
}

// asked lets a device answer what a guest or a person is asked for.
func (l *ledger) asked(path, token string, d *passkeytest.Device) string {
	l.t.Helper()
	var o passkeys.AssertionOptions
	l.read(l.want(200, "POST", path, token, ""), &o)
	d.Count++
	return string(d.Sign(thePage, o))
}

// byPasskey is the request that signs in by a device's passkey.
func (l *ledger) byPasskey(d *passkeytest.Device) request {
	l.t.Helper()
	return request{201, "POST", "/v1/passkeys/sessions", "", fmt.Sprintf(`{"passkey": %s}`, l.asked("/v1/passkeys/challenge", "", d))}
}

// inByPasskey signs in by a device's passkey.
func (l *ledger) inByPasskey(d *passkeytest.Device) (token string) {
	l.t.Helper()
	r := l.byPasskey(d)
	return l.want(r.status, r.method, r.path, r.token, r.body).str(l.t, "token")
}

// TestPasskey is a person's way with one, from the first to doing without a password and back. Others get nothing of it.
func TestPasskey(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna, ben := l.person("anna@example.com"), l.person("ben@example.com")
	if r := l.want(200, "POST", "/v1/passkeys/challenge", "", ""); strings.Contains(r.text, "allowCredentials") {
		t.Errorf("a guest is told of passkeys: %s", r.text)
	}
	id, d := l.passkeyOf(anna)
	if r := l.want(200, "GET", "/v1/me/factors", anna.token, ""); r.get(t, "factors", 0, "kind") != "passkey" || r.get(t, "factors", 0, "name") != "my key" {
		t.Errorf("factors: %s", r.text)
	}
	if r := l.want(200, "GET", "/v1/me/factors", ben.token, ""); strings.Contains(r.text, id) {
		t.Errorf("another person is told of the passkey: %s", r.text)
	}
	in := l.byPasskey(d)
	out := l.want(in.status, in.method, in.path, in.token, in.body)
	if out.str(t, "account") == "" || out.str(t, "client") == "" {
		t.Errorf("signed in: %s", out.text)
	}
	anna.token = out.str(t, "token")
	if r := l.want(422, in.method, in.path, in.token, in.body); r.str(t, "code") != "wrong_passkey" && r.str(t, "code") != "passkey_challenge" {
		t.Errorf("the same again: %s", r.text)
	}

	begun := l.want(202, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	var needs struct {
		Passkey passkeys.AssertionOptions `json:"passkey"`
	}
	l.read(begun, &needs)
	if len(needs.Passkey.Allow) != 1 {
		t.Fatalf("no list after the password: %s", begun.text)
	}
	d.Count++
	l.want(201, "POST", "/v1/sign-ins/"+begun.str(t, "sign_in")+"/factor", "",
		fmt.Sprintf(`{"handle": %q, "passkey": %s}`, begun.str(t, "handle"), d.Sign(thePage, needs.Passkey)))

	raise := fmt.Sprintf(`{"passkey": %s}`, l.asked("/v1/me/session/raise/passkey", anna.token, d))
	anna.token = l.want(200, "POST", "/v1/me/session/raise", anna.token, raise).str(t, "token")
	l.want(204, "DELETE", "/v1/me/password", anna.token, "")
	l.want(401, "POST", "/v1/sessions", "", signInBody(anna.email, false))
	if r := l.want(409, "DELETE", "/v1/me/factors/"+id, anna.token, ""); r.str(t, "code") != "last_passkey" {
		t.Errorf("the last passkey: %s", r.text)
	}
	again := l.byPasskey(d)
	anna.token = l.want(again.status, again.method, again.path, again.token, again.body).str(t, "token")
	anna.token = l.want(200, "POST", "/v1/me/password", anna.token, `{"new": "eleven-quiet-otters-59"}`).str(t, "token")
	l.want(204, "DELETE", "/v1/me/factors/"+id, anna.token, "")
	gone := l.byPasskey(d)
	l.want(422, gone.method, gone.path, gone.token, gone.body)
	if r := l.want(422, "POST", "/v1/me/session/raise/passkey", anna.token, ""); r.str(t, "code") != "not_a_way" {
		t.Errorf("without a passkey: %s", r.text)
	}
}

// TestPasskeysThatAreRefused: errors name the field, and nothing that was sent is in them.
func TestPasskeysThatAreRefused(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	_, d := l.passkeyOf(anna)
	sign := func(page passkeytest.Page, spoil func(*passkeytest.Device)) string {
		var o passkeys.AssertionOptions
		l.read(l.want(200, "POST", "/v1/passkeys/challenge", "", ""), &o)
		d.Count++
		one := *d
		spoil(&one)
		return fmt.Sprintf(`{"passkey": %s}`, one.Sign(page, o))
	}
	same := func(*passkeytest.Device) {}
	late := sign(thePage, same)
	l.clock.add(passkeys.Lifetime)
	for name, c := range map[string]struct{ body, code, field string }{
		"another site":     {sign(passkeytest.Page{Origin: "https://canary.example"}, same), "passkey_origin", "/passkey/response/clientDataJSON"},
		"late":             {late, "passkey_challenge", "/passkey/response/clientDataJSON"},
		"another passkey":  {sign(thePage, func(d *passkeytest.Device) { d.ID = []byte("canary") }), "wrong_passkey", "/passkey/id"},
		"without its user": {sign(thePage, func(d *passkeytest.Device) { d.Flags &^= passkeytest.Verified }), "passkey_user", "/passkey/response/authenticatorData"},
		"none":             {`{"passkey": {"canary": 1}}`, "wrong_passkey", "/passkey"},
		"no object":        {`{"passkey": "canary"}`, "wrong_type", "/passkey"},
		"neither":          {`{}`, "required", "/passkey"},
	} {
		r := l.want(422, "POST", "/v1/passkeys/sessions", "", c.body)
		if r.str(t, "code") != c.code || r.str(t, "field") != c.field || strings.Contains(r.text, "canary") {
			t.Errorf("%s: %s", name, r.text)
		}
	}
}

// TestErasedWithAPasskey: the passkey of an erased account stays on its device, and lets nobody in.
func TestErasedWithAPasskey(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	anna := l.person("anna@example.com")
	_, d := l.passkeyOf(anna)
	in := l.byPasskey(d)
	anna.token = l.want(in.status, in.method, in.path, in.token, in.body).str(t, "token")
	l.want(202, "POST", "/v1/erasures", anna.token, "")
	in = l.byPasskey(d) // to cancel it
	if r := l.want(in.status, in.method, in.path, in.token, in.body); r.get(t, "closing") != true {
		t.Errorf("while it waits: %s", r.text)
	}
	l.clock.add(15 * 24 * time.Hour)
	settle(l, anna)
	in = l.byPasskey(d)
	if r := l.want(422, in.method, in.path, in.token, in.body); r.str(t, "code") != "wrong_passkey" {
		t.Errorf("once it is erased: %s", r.text)
	}
}
