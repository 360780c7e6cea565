package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/operate"
	"accountledger/passwords"
	"accountledger/server"
)

// served runs a server on a data folder and gives its address.
func served(t *testing.T, cfg server.Config) string {
	t.Helper()
	s, err := server.Open(t.Context(), cfg, server.Options{Hashing: passwords.Params{MemoryKiB: 64, Passes: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	address, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- s.Run(ctx, func(a string) { address <- a }) }()
	t.Cleanup(func() {
		cancel()
		if err := errors.Join(<-ended, s.Close()); err != nil {
			t.Error(err)
		}
	})
	select {
	case a := <-address:
		return "http://" + a
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	return ""
}

// post asks the API, which must answer with a status, and gives the answer's fields.
func post(t *testing.T, status int, url, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	var fields map[string]any
	if err != nil || resp.StatusCode != status || json.Unmarshal(b, &fields) != nil {
		t.Fatalf("%s: %d %v", url, resp.StatusCode, err)
	}
	return fields
}

// code waits for the message to the only person there is.
func code(t *testing.T, con operate.Console) string {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		messages, err := operate.ReadMailbox.Run(t.Context(), con, operate.None{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if len(messages) > 0 {
			return messages[0].Code
		}
		<-tick.C
	}
}

// An officer signs in on the terminal and sees an account; the terminal never shows the password.
func TestReplayShow(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	const password, officers, ada = "correct-horse-battery", "seven-tall-lighthouses", "ada@example.com"
	dir := t.TempDir() + "/data"
	cfg, err := server.LoadConfig("", map[string]any{"data": dir, "dev": true, "http": "127.0.0.1:0", "store.reserve": "-1"})
	if err != nil {
		t.Fatal(err)
	}
	url := served(t, cfg)
	con, err := server.OpenConsole(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = con.Close() }()
	added, err := operate.AddStaff.Run(t.Context(), con, operate.StaffAdd{Email: "officer@example.org", Role: "compliance"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	post(t, 200, url+"/v1/enrolments", fmt.Sprintf(`{"code":%q,"password":%q}`, added.Code, officers))
	up := post(t, 202, url+"/v1/sign-ups", fmt.Sprintf(`{"email":%q,"password":%q,"region":"DE","language":"de","birth_month":"1990-05"}`, ada, password))
	checked := post(t, 200, fmt.Sprintf("%s/v1/verifications/%s/check", url, up["verification"]),
		fmt.Sprintf(`{"handle":%q,"code":%q}`, up["handle"], code(t, con)))
	account := fmt.Sprint(checked["account"])

	// show runs the command before a terminal.
	show := func(passwordTyped string, args ...string) (string, *pty, error) {
		t.Helper()
		p := openPty(t)
		var out bytes.Buffer
		c := root()
		c.SetIn(p.tty)
		c.SetOut(&out)
		c.SetErr(p)
		ended := make(chan error, 1)
		go func() {
			ended <- execute(t.Context(), c, append([]string{"replay", "show", "--data", dir, "--dev"}, args...))
		}()
		p.await("e-mail address: ")
		p.types("officer@example.org")
		p.await("Password: ")
		p.hidden()
		p.types(passwordTyped)
		err := <-ended
		if strings.Contains(p.screen(), passwordTyped) || !p.echoes() {
			t.Errorf("the terminal showed the password, or was not left as it was: %s", p.screen())
		}
		return out.String(), p, err
	}
	why := []string{"--purpose", "subject_request", "--case", "DSR-2026-0042"}
	out, _, err := show(officers, append(why, account)...)
	if err != nil || !strings.Contains(out, `"`+ada+`"`) || !strings.Contains(out, "account.opened.v1") || !strings.Contains(out, "as of ") {
		t.Errorf("%v\n%s", err, out)
	}
	out, _, err = show(officers, append(why, "--json", "--at", time.Now().Format(time.RFC3339Nano), account)...)
	var shown operate.AccountShown
	if err != nil || json.Unmarshal([]byte(out), &shown) != nil || fmt.Sprint(shown.State.Emails) != "["+ada+"]" || shown.State.ID != account {
		t.Errorf("%v\n%s", err, out)
	}
	if out, _, err = show("wrong-tall-lighthouses", append(why, account)...); err == nil || !strings.Contains(explain(err), "password is wrong") || out != "" {
		t.Errorf("a wrong password: %v\n%s", err, out)
	}
	if out, _, err = show(officers, append(why, "--at", "2001-01-01T00:00:00Z", account)...); err == nil ||
		!strings.Contains(explain(err), "does not exist") || out != "" {
		t.Errorf("before there was an account: %v\n%s", err, out)
	}

	// Ctrl-C leaves the terminal as it was.
	p := openPty(t)
	ctx, cancel := context.WithCancel(t.Context())
	c := root()
	c.SetIn(p.tty)
	c.SetErr(p)
	c.SetArgs(append([]string{"replay", "show", "--data", dir, "--dev", account}, why...))
	ended := make(chan error, 1)
	go func() { ended <- c.ExecuteContext(ctx) }()
	p.await("e-mail address: ")
	p.types("officer@example.org")
	p.await("Password: ")
	p.hidden()
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) || !p.echoes() {
		t.Errorf("cut off: %v", err)
	}
	p.types("") // what still reads ends
	p.until("nobody reads any more", p.drained)
}

func TestWrongReplayShow(t *testing.T) {
	t.Setenv("ACCOUNTLEDGER_STORE_RESERVE", "-1")
	dir := ledger(t)
	const account = "7b0e4bb4-5f0c-4bd5-8a7e-3f1d3f6a9f10"
	for want, args := range map[string][]string{
		"needs a terminal":     {"show", account, "--purpose", "audit", "--case", "AUD-1"},
		"give --case":          {"show", account, "--purpose", "audit"},
		"not a case":           {"show", account, "--purpose", "audit", "--case", "x"},
		"purpose must be":      {"show", account, "--purpose", "curiosity", "--case", "AUD-1"},
		"not an account's id":  {"show", "ada", "--purpose", "audit", "--case", "AUD-1"},
		"not a time":           {"show", account, "--purpose", "audit", "--case", "AUD-1", "--at", "yesterday"},
		"a view and an event":  {"skip", "accounts", account, "more"},
		"State a reason":       {"skip", "accounts", account},
		"no event of this id":  {"skip", "accounts", account, "--reason", "because"},
		"not an event's id":    {"skip", "accounts", "9", "--reason", "because"},
		"no view by that name": {"skip", "nothing", account, "--reason", "because"},
	} {
		if _, err := run(t, append(append([]string{"replay"}, args...), "--data", dir)...); err == nil || !strings.Contains(explain(err), want) {
			t.Errorf("%v: %v, wanted %s", args, err, want)
		}
	}
	if out, err := run(t, "replay", "skip", "--data", dir, "--json"); err != nil || strings.TrimSpace(out) != "[]" {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := run(t, "replay", "skip", "--data", dir); err != nil || !strings.Contains(out, "REASON") {
		t.Errorf("%v\n%s", err, out)
	}
}
