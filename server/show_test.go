package server_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"accountledger/domain"
	"accountledger/operate"
	"accountledger/server"
)

// An officer of compliance is shown an account through the socket and on a folder that nobody serves; nobody else is, and each
// look is recorded before.
func TestShow(t *testing.T) {
	t.Parallel()
	const officersPassword = "seven-tall-lighthouses"
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	then := time.Now()
	r.want(200, "PATCH", "/v1/me/devices/"+ada.deviceID, ada.token, `{"name":"Another name"}`)
	compliance := r.officer("officer@example.org", "compliance")
	r.officer("analyst@example.org", "analyst")
	con := r.console()
	in := operate.AccountShow{Email: "officer@example.org", Password: officersPassword, Account: ada.account, Purpose: "subject_request", Case: "DSR-2026-0042"}
	revealed := func() string {
		return r.want(200, "GET", "/v1/me/accesses", ada.token, "").body
	}
	refused := func(name, code string, change func(*operate.AccountShow)) {
		t.Helper()
		with := in
		change(&with)
		var known *domain.Error
		if shown, err := operate.ShowAccount.Run(t.Context(), con, with, nil); !errors.As(err, &known) || known.Code != code || len(shown.State.Emails) > 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	refused("an analyst", "not_allowed", func(s *operate.AccountShow) { s.Email = "analyst@example.org" })
	refused("a wrong password", "wrong_credentials", func(s *operate.AccountShow) { s.Password = "eight-tall-lighthouses" })
	refused("a person", "wrong_credentials", func(s *operate.AccountShow) { s.Email, s.Password = ada.email, password })
	refused("no case", "invalid_case", func(s *operate.AccountShow) { s.Case = "" })
	refused("no purpose", "invalid_purpose", func(s *operate.AccountShow) { s.Purpose = "curiosity" })
	refused("no account", "invalid_account", func(s *operate.AccountShow) { s.Account = "ada" })
	if strings.Contains(revealed(), "revealed") {
		t.Error("a refused look is recorded as one")
	}

	shown, err := operate.ShowAccount.Run(t.Context(), con, in, nil)
	if err != nil || fmt.Sprint(shown.State.Emails) != "["+ada.email+"]" || shown.State.Devices[0].Name != "Another name" ||
		shown.State.State != "open" || len(shown.Events) < 5 {
		t.Fatalf("%d events: %v", len(shown.Events), err)
	}
	if body := revealed(); !strings.Contains(body, shown.Record) || !strings.Contains(body, "device_names") {
		t.Errorf("she does not see the look: %s", body)
	}
	in.At = then
	if shown, err = operate.ShowAccount.Run(t.Context(), con, in, nil); err != nil || shown.State.Devices[0].Name != ada.device {
		t.Errorf("not as it was: %v", err)
	}
	in.At = then.Add(-24 * time.Hour)
	refused("before there was an account", "not_found", func(*operate.AccountShow) {})
	in.At = time.Time{}
	refused("nobody's account", "not_found", func(s *operate.AccountShow) { s.Account = "7b0e4bb4-5f0c-4bd5-8a7e-3f1d3f6a9f10" })
	position := r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`).header.Get("Ledger-Position")
	looks := r.want(200, "POST", "/v1/views/accesses/query", compliance, `{"filter":{"field":"kind","op":"eq","value":"revealed"}}`,
		"Ledger-Min-Position", position)
	if n := strings.Count(looks.body, `"outcome":"not_found"`); n != 2 || strings.Count(looks.body, `"case":"DSR-2026-0042"`) != 4 {
		t.Errorf("recorded: %s", looks.body)
	}
	if sessions := r.want(200, "GET", "/v1/sessions", compliance, ""); strings.Count(sessions.body, `"expires_at"`) > 1 {
		t.Errorf("sessions of looks were left open: %s", sessions.body)
	}
	for _, secret := range []string{officersPassword, ada.email, ada.device} {
		if strings.Contains(r.logs.String(), secret) {
			t.Error("the server's log holds what it must not")
		}
	}
	if s := fmt.Sprintf("%v %+v %#v %v", in, in, in, shown); strings.Contains(s, officersPassword) || strings.Contains(s, ada.email) {
		t.Error("a look prints what it holds")
	}

	r.stop()
	con, err = server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	if shown, err = operate.ShowAccount.Run(t.Context(), con, in, nil); err != nil || fmt.Sprint(shown.State.Emails) != "["+ada.email+"]" {
		t.Error(err)
	}
	fatal(t, con.Close())
}
