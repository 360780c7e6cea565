package main

import (
	"net"
	"strconv"
	"strings"
	"testing"

	"accountledger/notify/smtp/smtptest"
	"accountledger/operate"
	"accountledger/server"

	"github.com/go-json-experiment/json"
)

// TestMailTest sends through a real server and shows each step; failures say which step, why and what to do, and name nobody.
func TestMailTest(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: true})
	args := func(s *smtptest.Server, more ...string) []string {
		return append([]string{"mail", "test", "canary@bücher.example", "--smtp-host", s.Host, "--smtp-port", strconv.Itoa(s.Port),
			"--smtp-from", "ledger@example.com",
			"--smtp-roots", s.RootsFile(t), "--name", "Polar"}, more...)
	}
	out, err := run(t, args(s)...)
	at := net.JoinHostPort(s.Host, strconv.Itoa(s.Port))
	if err != nil || !strings.Contains(out, "connect    "+at) || !strings.Contains(out, "TLS 1.3, certificate of mail.test") ||
		!strings.Contains(out, "answer     done") || !strings.Contains(out, "took the message") {
		t.Fatalf("%v\n%s", err, out)
	}
	m := s.Taken()[0]
	if m.To != "canary@xn--bcher-kva.example" || !m.Encrypted || m.Header(t).Get("From") != `"Polar" <ledger@example.com>` ||
		m.Header(t).Get("Subject") != "Test message from Polar" {
		t.Errorf("%+v", m)
	}
	out, err = run(t, args(s, "--json")...)
	var done mailTested
	if err != nil || json.Unmarshal([]byte(out), &done) != nil || len(done.Steps) != 6 || done.Steps[2].Detail != "TLS 1.3, certificate of mail.test" {
		t.Errorf("%v\n%s", err, out)
	}
	plain := smtptest.Start(t, smtptest.Options{})
	refusing := smtptest.Start(t, smtptest.Options{TLS: true, Rcpt: func(to string) error { return smtptest.Refusal(550, to+" is unknown") }})
	locked := smtptest.Start(t, smtptest.Options{TLS: true, Password: "right"})
	for name, c := range map[string]struct {
		args []string
		code string
		exit operate.Exit
	}{
		"no STARTTLS":       {args(plain, "--smtp-roots", ""), "mail_tls", operate.ExitRefused},
		"untrusted":         {args(s, "--smtp-roots", ""), "mail_tls", operate.ExitRefused},
		"no such recipient": {args(refusing), "mail_recipient", operate.ExitRefused},
		"not signed in":     {args(locked), "mail_sender", operate.ExitRefused},
		"no mail server":    {args(s, "--smtp-host", ""), "invalid_configuration", operate.ExitUsage},
		"no address":        {[]string{"mail", "test", "canary", "--smtp-host", "127.0.0.1", "--smtp-from", "a@example.com"}, "invalid_email", operate.ExitUsage},
		"nobody there":      {args(&smtptest.Server{Host: "127.0.0.1", Port: 1}, "--smtp-roots", ""), "mail_connect", operate.ExitUnreachable},
	} {
		out, err := run(t, append(c.args, "--json")...)
		if err == nil {
			t.Errorf("%s: it was sent", name)
			continue
		}
		if got := server.FailureOf(err); got.Exit != c.exit || got.Code != c.code || strings.Contains(got.Message+out, "canary") {
			t.Errorf("%s: %+v %s", name, got, out)
		}
	}
}
