package smtp_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp"
	"accountledger/notify/smtp/smtptest"
	"accountledger/notify/templates"
)

const canary = "canary.person@example.com"

func config(s *smtptest.Server) smtp.Config {
	return smtp.Config{Host: s.Host, Port: s.Port, From: "noreply@ledger.example", FromName: "Vesta, accounts", RootCAs: s.Roots, Timeout: 5 * time.Second}
}

func transport(t *testing.T, c smtp.Config) *smtp.Transport {
	t.Helper()
	ch, err := smtp.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func envelope(t *testing.T, to string) notify.Envelope {
	t.Helper()
	texts, err := templates.New(templates.About{Service: "Vesta"})
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	content, err := texts.Email(domain.MessageCode, "de", templates.Values{Code: "123456", For: 10 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return notify.Envelope{ID: domain.DeliveryID{UUID: uuid.UUID{7}}, At: at, Message: domain.MessageCode, To: to, Code: "123456",
		Expires: at.Add(10 * time.Minute), Content: content}
}

func failure(t *testing.T, err error) *notify.SendError {
	t.Helper()
	var failed *notify.SendError
	if !errors.As(err, &failed) {
		t.Fatalf("no SendError: %v", err)
	}
	for _, form := range []string{err.Error(), fmt.Sprintf("%+v", failed), fmt.Sprintf("%#v", failed)} {
		if strings.Contains(form, "canary") || strings.Contains(form, "123") {
			t.Errorf("the error tells something personal: %s", form)
		}
	}
	return failed
}

func TestMessage(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: true})
	if err := transport(t, config(s)).Send(t.Context(), envelope(t, canary)); err != nil {
		t.Fatal(err)
	}
	m := s.Wait(t, 1)[0]
	if !m.Encrypted {
		t.Error("STARTTLS was offered and not used")
	}
	if m.From != "noreply@ledger.example" || m.To != canary || m.Helo != "ledger.example" {
		t.Errorf("envelope from %s to %s, greeting %s", m.From, m.To, m.Helo)
	}
	h := m.Header(t)
	subject, err := new(mime.WordDecoder).DecodeHeader(h.Get("Subject"))
	if err != nil || subject != "Dein Bestätigungscode für Vesta" {
		t.Errorf("subject %q, %v", subject, err)
	}
	for name, want := range map[string]string{
		"Auto-Submitted": "auto-generated", "Message-Id": "<" + envelope(t, canary).ID.String() + "@ledger.example>",
		"From": `"Vesta, accounts" <noreply@ledger.example>`, "To": "<" + canary + ">", "Date": "Sun, 01 Mar 2026 12:00:00 +0000",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if name, err := os.Hostname(); err == nil && strings.Contains(string(m.Raw), name) {
		t.Error("the machine's name stands in the message")
	}
	if h.Get("User-Agent") != "" || h.Get("X-Mailer") != "" {
		t.Error("the message names its program")
	}
	parts, e := m.Parts(t), envelope(t, canary)
	if parts["text/plain"] != e.Content.Plain || parts["text/html"] != e.Content.HTML {
		t.Errorf("bodies differ: %q", parts)
	}
}

func TestEncryption(t *testing.T) {
	offering, plain := smtptest.Start(t, smtptest.Options{TLS: true}), smtptest.Start(t, smtptest.Options{})
	for name, c := range map[string]struct {
		server    *smtptest.Server
		policy    smtp.TLS
		untrusted bool
		sent      bool
		encrypted bool
	}{
		"opportunistic, offered":      {server: offering, policy: "", sent: true, encrypted: true},
		"opportunistic, not offered":  {server: plain, policy: smtp.TLSOpportunistic, sent: true},
		"opportunistic, untrusted":    {server: offering, policy: smtp.TLSOpportunistic, untrusted: true},
		"mandatory, offered":          {server: offering, policy: smtp.TLSMandatory, sent: true, encrypted: true},
		"mandatory, not offered":      {server: plain, policy: smtp.TLSMandatory},
		"none, offered all the same":  {server: offering, policy: smtp.TLSNone, sent: true},
		"mandatory, wrong authority":  {server: offering, policy: smtp.TLSMandatory, untrusted: true},
		"none, with nothing to check": {server: plain, policy: smtp.TLSNone, sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config(c.server)
			cfg.TLS = c.policy
			if c.untrusted {
				cfg.RootCAs = nil
			}
			before := len(c.server.Taken())
			err := transport(t, cfg).Send(t.Context(), envelope(t, canary))
			if !c.sent {
				if f := failure(t, err); f.Refused || f.Step != notify.StepSession {
					t.Errorf("got %v", f)
				}
				if len(c.server.Taken()) != before {
					t.Error("it was sent all the same")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if m := c.server.Taken()[before]; m.Encrypted != c.encrypted {
				t.Errorf("encrypted: %v", m.Encrypted)
			}
		})
	}
}

func TestSigningIn(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: true, Password: "right"})
	cfg := config(s)
	cfg.Username, cfg.Password = "ledger", "right"
	if err := transport(t, cfg).Send(t.Context(), envelope(t, canary)); err != nil {
		t.Fatal(err)
	}
	if m := s.Taken()[0]; m.User != "ledger" {
		t.Errorf("signed in as %q", m.User)
	}
	cfg.Password = "wrong"
	if f := failure(t, transport(t, cfg).Send(t.Context(), envelope(t, canary))); f.Refused || f.Code != 535 {
		t.Errorf("a wrong password is no refusal of the message: %v", f)
	}
	cfg.Username = ""
	if f := failure(t, transport(t, cfg).Send(t.Context(), envelope(t, canary))); f.Refused || f.Code != 530 {
		t.Errorf("having to sign in is no refusal of the message: %v", f)
	}
	if got := fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.LogValue()); strings.Contains(got, "wrong") {
		t.Errorf("the password is printed: %s", got)
	}
}

func TestRefusals(t *testing.T) {
	for code, want := range map[int]bool{450: false, 451: false, 421: false, 550: true, 552: true, 554: true} {
		reply := smtptest.Refusal(code, "<"+canary+"> is not welcome")
		for step, o := range map[notify.Step]smtptest.Options{
			notify.StepRecipient: {Rcpt: func(string) error { return reply }},
			notify.StepContent:   {Data: func(smtptest.Message) error { return reply }},
		} {
			s := smtptest.Start(t, o)
			f := failure(t, transport(t, config(s)).Send(t.Context(), envelope(t, canary)))
			if f.Refused != want || f.Code != code || f.Step != step || f.Enhanced != fmt.Sprintf("%d.1.1", code/100) {
				t.Errorf("%d at %s: %v", code, step, f)
			}
		}
	}
}

func TestServerIsDown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	_ = l.Close()
	c := transport(t, smtp.Config{Host: "127.0.0.1", Port: port, From: "noreply@ledger.example"})
	if f := failure(t, c.Send(t.Context(), envelope(t, canary))); f.Refused || f.Step != notify.StepConnect {
		t.Errorf("got %v", f)
	}
}

// A server that says nothing holds a message up for no longer than the timeout, and not past the end of ctx.
func TestSilentServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	c := smtp.Config{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, From: "noreply@ledger.example", Timeout: 50 * time.Millisecond}
	if f := failure(t, transport(t, c).Send(t.Context(), envelope(t, canary))); f.Refused || f.Step != notify.StepSession {
		t.Errorf("got %v", f)
	}
	c.Timeout = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		if conn, err := l.Accept(); err == nil {
			defer func() { _ = conn.Close() }()
		}
		if conn, err := l.Accept(); err == nil { // the second message's
			defer func() { _ = conn.Close() }()
			cancel()
			<-t.Context().Done()
		}
	}()
	if f := failure(t, transport(t, c).Send(ctx, envelope(t, canary))); f.Refused {
		t.Errorf("got %v", f)
	}
}

func TestNothingCanBeInjected(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{})
	c := transport(t, config(s))
	for _, to := range []string{
		canary + "\r\nBcc: other@example.com", canary + ", other@example.com", "Other <" + canary + ">", "<" + canary + ">",
		canary + "\n.\nMAIL FROM:<x@example.com>", canary + "> NOTIFY=NEVER", canary + "\x00", "", "no address",
	} {
		if f := failure(t, c.Send(t.Context(), envelope(t, to))); !f.Refused || f.Step != notify.StepRecipient {
			t.Errorf("%q: %v", to, f)
		}
	}
	if n := len(s.Taken()); n != 0 {
		t.Errorf("%d messages were sent", n)
	}
}

// An address outside ASCII goes to servers that know such; others refuse it for good.
func TestAddressOutsideASCII(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{UTF8: true})
	if err := transport(t, config(s)).Send(t.Context(), envelope(t, "jürgen@example.com")); err != nil {
		t.Fatal(err)
	}
	if m := s.Taken()[0]; !m.SMTPUTF8 || m.To != "jürgen@example.com" {
		t.Errorf("to %s, SMTPUTF8 %v", m.To, m.SMTPUTF8)
	}
}

func TestConfig(t *testing.T) {
	good := smtp.Config{Host: "mail.example.com", From: "noreply@ledger.example"}
	transport(t, good)
	for name, spoil := range map[string]func(*smtp.Config){
		"host":     func(c *smtp.Config) { c.Host = "" },
		"newline":  func(c *smtp.Config) { c.Host = "a\r\nb" },
		"port":     func(c *smtp.Config) { c.Port = 70000 },
		"tls":      func(c *smtp.Config) { c.TLS = "canary" },
		"from":     func(c *smtp.Config) { c.From = "Canary <canary@example.com>" },
		"fromname": func(c *smtp.Config) { c.FromName = "a\r\nBcc: canary@example.com" },
		"helo":     func(c *smtp.Config) { c.Helo = "canary\r\nMAIL" },
		"timeout":  func(c *smtp.Config) { c.Timeout = -1 },
	} {
		c := good
		spoil(&c)
		if _, err := smtp.New(c); err == nil || strings.Contains(strings.ToLower(err.Error()), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
