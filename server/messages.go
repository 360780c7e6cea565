package server

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"accountledger/domain"
	"accountledger/notify"
	"accountledger/notify/smtp"
	"accountledger/notify/templates"
)

// openNotifier opens the consumer that sends messages; it is nil where there is no way to send any.
func (s *Server) openNotifier(ctx context.Context) error {
	transport, err := s.transport()
	if err != nil || transport == nil {
		return err
	}
	texts, err := templates.New(s.cfg.about())
	if err != nil {
		return err
	}
	sent := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "accountledger_messages_total",
		Help: "Messages to people by who asks for them and what became of them."},
		[]string{"class", "result"})
	if err := s.metrics.Register(sent); err != nil {
		return err
	}
	lasting := context.WithoutCancel(ctx)
	options := notify.Options{Journal: s.journal, Message: s.menu.Message, Alerts: s.menu.Alerts, Record: s.menu.RecordDelivery, Transport: transport,
		Texts:  texts,
		Origin: s.origin,
		Path:   s.cfg.path("notify.checkpoint"), Log: s.log, Now: s.now, Sending: s.sending,
		Fault:   func(err error) { s.consumerTrouble(lasting, "notify", err) },
		Observe: func(c domain.MessageClass, r notify.Result) { sent.WithLabelValues(string(c), string(r)).Inc() }}
	if s.leases != nil {
		s.sender = notify.NewShared(options, s.leases)
		s.closeInTime(lasting, s.sender.Close)
		return nil
	}
	if s.notifier, err = notify.Open(ctx, options); err != nil {
		return err
	}
	s.closeInTime(lasting, s.notifier.Close)
	return nil
}

// origin is where people reach the service, as far as it is known; under dev, once it listens.
func (s *Server) origin() string {
	address := s.address.Load()
	if address == nil {
		address = new(string)
	}
	return s.cfg.OriginAt(*address)
}

// about is what every message says about the service.
func (c *Config) about() templates.About {
	return templates.About{Service: c.Name, Support: c.Support, Imprint: c.Imprint}
}

// contextWords are names that people know from the service, which no password may be like (NIST SP 800-63B, 3.1.1.2).
func (c *Config) contextWords() []string {
	return []string{c.Name, strings.ReplaceAll(c.Controller.ID, "-", " "), c.Controller.Name, "accountledger"}
}

// closeInTime closes what waits for things under way, but not without limit.
func (s *Server) closeInTime(ctx context.Context, c func(context.Context) error) {
	s.onClose(func() error {
		ctx, cancel := context.WithTimeout(ctx, stopTimeout)
		defer cancel()
		return c(ctx)
	})
}

// transport is the mail server, or the local mailbox.
func (s *Server) transport() (notify.Transport, error) {
	c := s.cfg.SMTP
	if c.Host == "" {
		if s.mailbox == nil {
			return nil, nil
		}
		return s.mailbox, nil
	}
	if c.TLS == string(smtp.TLSNone) && !smtp.IsLoopback(c.Host) {
		s.log.Warn("messages go to the mail server without encryption: codes can be read on the way. Set smtp.tls to starttls or implicit")
	}
	return c.transport(s.cfg.Name)
}

// transport is the mail server.
func (c *SMTPConfig) transport(name string) (*smtp.Transport, error) {
	password, err := readSecret("smtp.password_file", c.PasswordFile)
	if err != nil {
		return nil, err
	}
	roots, err := readRoots("smtp.roots", c.Roots)
	if err != nil {
		return nil, err
	}
	t, err := smtp.New(smtp.Config{Host: c.Host, Port: c.Port, Username: c.Username, Password: password, From: c.From, FromName: name,
		TLS: smtp.TLS(c.TLS), RootCAs: roots})
	if err != nil {
		return nil, &SettingError{Problem: err.Error()}
	}
	return t, nil
}

// readSecret reads the file of a setting, "" when it names none.
func readSecret(setting, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("config: %s: %w", setting, err)
	}
	return strings.TrimRight(string(b), "\r\n"), nil
}
