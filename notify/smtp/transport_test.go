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
	return smtp.Config{Host: s.Host, Port: s.Port, From: "noreply@ledger.example", FromName: "Vesta, accounts", RootCAs: s.Roots}
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
	implicit := smtptest.Start(t, smtptest.Options{Implicit: true})
	for name, c := range map[string]struct {
		server    *smtptest.Server
		policy    smtp.TLS
		untrusted bool
		sent      bool
		encrypted bool
		reason    string
	}{
		"by default, offered":        {server: offering, sent: true, encrypted: true},
		"by default, not offered":    {server: plain, reason: "the server offers no STARTTLS"},
		"starttls, untrusted":        {server: offering, policy: smtp.TLSStart, untrusted: true, reason: "the server's certificate is not trusted"},
		"none, offered all the same": {server: offering, policy: smtp.TLSNone, sent: true},
		"none, nothing offered":      {server: plain, policy: smtp.TLSNone, sent: true},
		"implicit":                   {server: implicit, policy: smtp.TLSImplicit, sent: true, encrypted: true},
		"implicit, untrusted":        {server: implicit, policy: smtp.TLSImplicit, untrusted: true, reason: "the server's certificate is not trusted"},
		"implicit at a plain server": {server: plain, policy: smtp.TLSImplicit, reason: "encryption failed"},
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
				if f := failure(t, err); f.Refused || f.Unknown || f.Step != notify.StepTLS || f.Why != c.reason {
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
			notify.StepAnswer:    {Data: func(smtptest.Message) error { return reply }},
		} {
			o.TLS = true
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

// A server that stops answering holds a message up for no longer than the step may take, and not past the end of ctx. Once all of the
// message was sent, it may have been taken.
func TestSilentServer(t *testing.T) {
	const short = 2 * time.Second // for a busy machine; all steps wait at once
	for step, times := range map[notify.Step]smtp.Times{notify.StepGreeting: {Greeting: short}, notify.StepTLS: {Command: short},
		notify.StepSender: {Command: short}, notify.StepRecipient: {Command: short}, notify.StepContent: {Data: short}, notify.StepAnswer: {Answer: short}} {
		t.Run(string(step), func(t *testing.T) {
			t.Parallel()
			s := smtptest.Start(t, smtptest.Options{TLS: true, SilentAt: string(step)})
			c := config(s)
			c.Times = times
			f := failure(t, transport(t, c).Send(t.Context(), envelope(t, canary)))
			if f.Refused || f.Step != step || f.Why != "timed out" || f.Unknown != (step == notify.StepAnswer) {
				t.Errorf("silent: %v", f)
			}
			s.AwaitSilence(t)
			ctx, cancel := context.WithCancel(t.Context())
			go func() { s.AwaitSilence(t); cancel() }()
			c.Times = smtp.Times{}
			f = failure(t, transport(t, c).Send(ctx, envelope(t, canary)))
			early := step == notify.StepGreeting && f.Step == notify.StepConnect // the server was silent before the client knew of its connection
			if f.Refused || f.Step != step && !early || f.Why != "cancelled" {
				t.Errorf("stopped: %v", f)
			}
		})
	}
}

func TestNothingCanBeInjected(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: true})
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
	s := smtptest.Start(t, smtptest.Options{TLS: true, UTF8: true})
	if err := transport(t, config(s)).Send(t.Context(), envelope(t, "jürgen@example.com")); err != nil {
		t.Fatal(err)
	}
	if m := s.Taken()[0]; !m.SMTPUTF8 || m.To != "jürgen@example.com" {
		t.Errorf("to %s, SMTPUTF8 %v", m.To, m.SMTPUTF8)
	}
	if err := transport(t, config(s)).Send(t.Context(), envelope(t, canary)); err != nil || s.Taken()[1].SMTPUTF8 {
		t.Errorf("asked for where it is not needed, or %v", err)
	}
	old := smtptest.Start(t, smtptest.Options{TLS: true})
	f := failure(t, transport(t, config(old)).Send(t.Context(), envelope(t, "jürgen@example.com")))
	if !f.Refused || f.Step != notify.StepRecipient || !strings.Contains(f.Why, "SMTPUTF8") || len(old.Taken()) != 0 {
		t.Errorf("a server that does not know such: %v", f)
	}
}

// TestHostInLettersOfALanguage: what people see in their letters goes on the wire in ASCII, and needs no SMTPUTF8.
func TestHostInLettersOfALanguage(t *testing.T) {
	s := smtptest.Start(t, smtptest.Options{TLS: true})
	if err := transport(t, config(s)).Send(t.Context(), envelope(t, "ada@bücher.example")); err != nil {
		t.Fatal(err)
	}
	if m := s.Taken()[0]; m.To != "ada@xn--bcher-kva.example" || m.Header(t).Get("To") != "<ada@xn--bcher-kva.example>" {
		t.Errorf("to %s", m.To)
	}
}

func TestConfig(t *testing.T) {
	good := smtp.Config{Host: "mail.example.com", From: "noreply@ledger.example"}
	transport(t, good)
	for name, spoil := range map[string]func(*smtp.Config){
		"host":      func(c *smtp.Config) { c.Host = "" },
		"newline":   func(c *smtp.Config) { c.Host = "a\r\nb" },
		"port":      func(c *smtp.Config) { c.Port = 70000 },
		"tls":       func(c *smtp.Config) { c.TLS = "canary" },
		"from":      func(c *smtp.Config) { c.From = "Canary <canary@example.com>" },
		"fromname":  func(c *smtp.Config) { c.FromName = "a\r\nBcc: canary@example.com" },
		"helo":      func(c *smtp.Config) { c.Helo = "canary\r\nMAIL" },
		"with port": func(c *smtp.Config) { c.Host = "canary.example.com:587" },
		"URL":       func(c *smtp.Config) { c.Host = "smtp://canary.example.com" },
		"brackets":  func(c *smtp.Config) { c.Host = "[::1]" },
	} {
		c := good
		spoil(&c)
		if _, err := smtp.New(c); err == nil || strings.Contains(strings.ToLower(err.Error()), "canary") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for port, want := range map[int]string{0: "tls=starttls", 587: "tls=starttls", 465: "tls=implicit", 2525: "tls=starttls"} {
		c := good
		c.Port = port
		if got := transport(t, c).String(); !strings.Contains(got, want) {
			t.Errorf("port %d: %s", port, got)
		}
	}
}

func TestLiteralAddress(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "::1"} {
		s, ok := smtptest.TryStart(t, smtptest.Options{TLS: true, Addr: net.JoinHostPort(host, "0")})
		if !ok {
			t.Logf("this machine has no %s", host)
			continue
		}
		c := config(s)
		c.Host = host
		if err := transport(t, c).Send(t.Context(), envelope(t, canary)); err != nil {
			t.Errorf("%s: %v", host, err)
		}
	}
}
