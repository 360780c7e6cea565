package server_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/operate/folder"
	"accountledger/server"
)

// person is somebody with an account.
type person struct{ email, device, token, account, deviceID string }

var sixDigits = regexp.MustCompile(`\b\d{3} ?\d{3}\b`)

// withMail is a configuration whose messages go to a mail server of the test's.
func withMail(t *testing.T) (server.Config, *smtptest.Server) {
	t.Helper()
	mail := smtptest.Start(t, smtptest.Options{})
	cfg := config(t)
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.From, cfg.SMTP.TLS = mail.Host, mail.Port, "ledger@mail.test", "none"
	return cfg, mail
}

const password = "correct-horse-battery"

// join walks from the sign-up to a linked device.
func (r *running) join(mail *smtptest.Server, email, device string) person {
	t := r.t
	t.Helper()
	before := len(mail.Taken())
	up := r.want(202, "POST", "/v1/sign-ups", "", fmt.Sprintf(`{"email":%q,"password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, email, password))
	m, upTo := mail.WaitFor(t, before, email)
	code := strings.ReplaceAll(sixDigits.FindString(m.Parts(t)["text/plain"]), " ", "")
	id := up.str(t, "verification")
	r.want(422, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle":%q,"code":%q}`, up.str(t, "handle"), other(code)))
	r.want(404, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle":"somebody-else","code":%q}`, code))
	p := person{email: email, device: device}
	p.account = r.want(200, "POST", "/v1/verifications/"+id+"/check", "", fmt.Sprintf(`{"handle":%q,"code":%q}`, up.str(t, "handle"), code)).str(t, "account")
	p.token = r.signIn(email)
	p.deviceID = r.want(201, "POST", "/v1/me/devices", p.token, fmt.Sprintf(`{"kind":"band","model":"Band 9 Pro","name":%q}`, device)).str(t, "id")
	mail.WaitFor(t, upTo, email) // that a device was linked
	return p
}

// attach adds another address and proves it.
func (r *running) attach(mail *smtptest.Server, p person, email string) {
	t := r.t
	t.Helper()
	before := len(mail.Taken())
	asked := r.want(202, "POST", "/v1/me/contacts", p.token, fmt.Sprintf(`{"email":%q}`, email))
	m, upTo := mail.WaitFor(t, before, email)
	code := strings.ReplaceAll(sixDigits.FindString(m.Parts(t)["text/plain"]), " ", "")
	proof := fmt.Sprintf(`{"handle":%q,"code":%q}`, asked.str(t, "handle"), code)
	if got := r.want(200, "POST", "/v1/verifications/"+asked.str(t, "verification")+"/check", "", proof).str(t, "account"); got != p.account {
		t.Fatal("it was added to another account")
	}
	mail.WaitFor(t, upTo, p.email) // that there is another address
}

func (r *running) signIn(email string) string {
	r.t.Helper()
	return r.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, email, password)).str(r.t, "token")
}

// other is another code.
func other(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}

// notice is the notice in force for location.
func (r *running) notice() string {
	r.t.Helper()
	body := r.want(200, "GET", "/v1/catalogue", "", "").body
	return regexp.MustCompile(`"notice":\{"id":"([^"]+)"`).FindStringSubmatch(body)[1]
}

// officer is somebody of the staff, signed in.
func (r *running) officer(email, role string) string {
	t := r.t
	t.Helper()
	added, err := operate.AddStaff.Run(t.Context(), r.console(), operate.StaffAdd{Email: email, Role: role}, nil)
	fatal(t, err)
	r.want(200, "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code":%q,"password":%q}`, added.Code, "seven-tall-lighthouses"))
	r.want(403, "POST", "/v1/enrolments", "", fmt.Sprintf(`{"code":%q,"password":%q}`, added.Code, "eight-tall-lighthouses"))
	return r.want(201, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q,"staff":true}`, email, "seven-tall-lighthouses")).str(t, "token")
}

// TestWalkOverSMTP is the whole line on the real server with a real mail server, through restarts, until nothing of a
// person is left but noise.
func TestWalkOverSMTP(t *testing.T) {
	t.Parallel()
	cfg, mail := withMail(t)
	r := start(t, cfg)
	ada := r.join(mail, "ada.lovelace@example.com", "Ada on the run")
	control := r.join(mail, "control@example.com", "Control device")
	allow := fmt.Sprintf(`{"purpose":"navigation","state":"granted","notice":%q}`, r.notice())
	r.want(200, "PUT", "/v1/me/permissions/location", ada.token, allow)
	added, err := operate.AddService.Run(t.Context(), r.console(), operate.ServiceAdd{Name: "maps", Allow: []string{"location:navigation"}}, nil)
	fatal(t, err)
	ask := func(account string) string {
		question := fmt.Sprintf(`{"account":%q,"permission":"location","purpose":"navigation"}`, account)
		return r.want(200, "POST", "/v1/decisions", added.Key, question).str(t, "outcome")
	}
	if got := ask(ada.account) + ask(control.account) + ask("7b0e4bb4-5f0c-4bd5-8a7e-3f1d3f6a9f10"); got != "alloweddenieddenied" {
		t.Fatalf("decisions: %s", got)
	}
	officer := r.officer("officer@example.org", "compliance")
	why := `"purpose":"subject_request","case":"DSR-2026-0042"`
	if a := r.want(200, "POST", "/v1/lookups", officer, fmt.Sprintf(`{"email":"ADA.lovelace@example.com",%s}`, why)); a.str(t, "account") != ada.account {
		t.Fatal("the look-up found somebody else")
	}
	shown := r.want(200, "POST", "/v1/accounts/"+ada.account+"/reveal", officer, fmt.Sprintf(`{"parts":["email","device_names"],%s}`, why))
	if !strings.Contains(shown.body, ada.email) || !strings.Contains(shown.body, ada.device) {
		t.Fatalf("the reveal shows less than asked for: %s", shown.body)
	}

	// Everything is still there after a stop, and people who were signed in still are.
	r.stop()
	if at := found(t, cfg.Data, ada.email); len(at) > 0 {
		t.Errorf("the address stands in %v", at)
	}
	if at := found(t, cfg.Data, ada.device); len(at) > 0 {
		t.Errorf("the device's name stands in %v", at)
	}
	if at := found(t, cfg.Data, "permission.granted.v1"); len(at) == 0 {
		t.Error("the scan finds nothing at all")
	}
	keys := []string{"account/" + ada.account, "account/" + control.account}
	wrapped := wrappedKeys(t, cfg, keys)
	r = start(t, cfg)
	seen := r.want(200, "GET", "/v1/me/accesses", ada.token, "")
	for _, kind := range []string{`"decided"`, `"looked_up"`, `"revealed"`} {
		if !strings.Contains(seen.body, kind) {
			t.Errorf("she does not see %s: %s", kind, seen.body)
		}
	}
	if strings.Contains(seen.body, "DSR-2026") {
		t.Error("she sees the officer's case")
	}
	position := r.want(201, "POST", "/v1/me/devices", ada.token, `{"kind":"phone","model":"X","name":"Y"}`).header.Get("Ledger-Position")
	rows := r.want(200, "POST", "/v1/views/devices/query", officer, lookAt(ada.account),
		"Ledger-Min-Position", position)
	if strings.Count(rows.body, `"kind"`) != 2 || strings.Contains(rows.body, ada.device) {
		t.Errorf("devices: %s", rows.body)
	}

	// She leaves.
	id := r.want(202, "POST", "/v1/erasures", ada.token, "").str(t, "id")
	eventually(t, "the erasure", func() bool { return strings.Contains(r.send("GET", "/v1/erasures/"+id, "", "").body, `"completed"`) })
	r.want(401, "GET", "/v1/me", ada.token, "")
	r.want(401, "POST", "/v1/sessions", "", fmt.Sprintf(`{"email":%q,"password":%q}`, ada.email, password))
	question := fmt.Sprintf(`{"account":%q,"permission":"location","purpose":"navigation"}`, ada.account)
	if got := r.send("POST", "/v1/decisions", added.Key, question); got.str(t, "outcome") != "denied" {
		t.Errorf("after the erasure: %s", got.body)
	}
	r.want(404, "POST", "/v1/accounts/"+ada.account+"/reveal", officer, fmt.Sprintf(`{"parts":["email"],%s}`, why))
	if a := r.want(200, "POST", "/v1/lookups", officer, fmt.Sprintf(`{"email":%q,%s}`, ada.email, why)); strings.Contains(a.body, ada.account) {
		t.Error("the look-up finds her still")
	}
	again := r.join(mail, ada.email, "Ada again")
	if again.account == ada.account {
		t.Error("her new account is the old one")
	}
	printed := r.logs.String() + r.inside(200, "/metrics").body
	r.stop()
	if at := foundBytes(t, cfg.Data, wrapped[keys[0]]); len(at) > 0 {
		t.Errorf("her key stands in %v", at)
	}
	if at := foundBytes(t, cfg.Data, wrapped[keys[1]]); len(at) == 0 {
		t.Error("the control's key is not found: the scan proves nothing")
	}
	for _, private := range []string{ada.email, ada.device, control.email, "lovelace", "Band 9", ada.token[4:]} {
		for how, b := range writings(private) {
			if strings.Contains(printed, string(b)) {
				t.Errorf("logs or metrics hold something personal (%s)", how)
			}
		}
	}
}

// wrappedKeys reads how keys stand in the vault's file.
func wrappedKeys(t *testing.T, cfg server.Config, names []string) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(cfg.Data, "vault", "*.db"))
	fatal(t, err)
	db, err := sql.Open("sqlite", "file:"+files[0]+"?mode=ro")
	fatal(t, err)
	defer func() { _ = db.Close() }()
	out := map[string][]byte{}
	for _, name := range names {
		var wrapped []byte
		fatal(t, db.QueryRowContext(t.Context(), `SELECT wrapped FROM keys WHERE name = ?`, []byte(name)).Scan(&wrapped))
		if len(wrapped) < 32 {
			t.Fatal("a key has no bytes")
		}
		out[name] = wrapped
	}
	return out
}

// TestConsoleWithoutServer runs operators' commands on a folder that nobody serves, and each is an event.
func TestConsoleWithoutServer(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	r := start(t, cfg)
	if _, err := server.Open(t.Context(), cfg, server.Options{}); err == nil || !strings.Contains(err.Error(), folder.ErrRunning.Error()) {
		t.Fatalf("a second server on the folder: %v", err)
	}
	officer := r.officer("officer@example.org", "compliance")
	r.stop()
	c, err := server.OpenConsole(t.Context(), cfg)
	fatal(t, err)
	st, err := operate.ReadStatus.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	if st.Running || !st.Ready {
		t.Errorf("status: %+v", st)
	}
	_, err = operate.ReadMailbox.Run(t.Context(), c, operate.None{}, nil)
	fatal(t, err)
	_, err = operate.AddStaff.Run(t.Context(), c, operate.StaffAdd{Email: "analyst@example.org", Role: "analyst"}, nil)
	fatal(t, err)
	if _, err = operate.AddService.Run(t.Context(), c, operate.ServiceAdd{Name: "maps", Allow: []string{"location:nothing"}}, nil); err == nil {
		t.Error("a purpose that does not exist was allowed")
	}
	var told int
	fatal(t, rebuild(t, c, operate.RebuildViews{}, func(operate.Progress) { told++ }))
	if told == 0 {
		t.Error("the rebuild told nothing")
	}
	fatal(t, c.Close())
	r = start(t, cfg)
	fatal(t, rebuild(t, r.console(), operate.RebuildViews{Views: []string{"activity"}}, func(operate.Progress) {}))
	head, err := operate.ReadStatus.Run(t.Context(), r.console(), operate.None{}, nil)
	fatal(t, err)
	n, err := strconv.Atoi(head.Log.Head)
	fatal(t, err)
	eventually(t, "activity at the head", func() bool {
		st, err := operate.ReadStatus.Run(context.WithoutCancel(t.Context()), r.console(), operate.None{}, nil)
		fatal(t, err)
		for _, c := range st.Consumers {
			if at, err := strconv.Atoi(c.Position); c.Name == "activity" && err == nil && at >= n {
				return true
			}
		}
		return false
	})
	a := r.want(200, "POST", "/v1/views/activity/query", officer, `{"filter":{"field":"type","op":"eq","value":"operation.performed"},"with_total":true}`)
	for _, words := range []string{"staff add", "mailbox", "replay rebuild"} {
		found := r.want(200, "POST", "/v1/views/activity/query", officer, fmt.Sprintf(`{"words":%q,"with_total":true}`, words))
		if total, _ := found.fields["total"].(float64); total < 1 {
			t.Errorf("no event tells of %s", words)
		}
	}
	if total, _ := a.fields["total"].(float64); total < 6 {
		t.Errorf("operators' commands in the log: %s", a.body)
	}
}
