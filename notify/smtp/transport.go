package smtp

import (
	"context"
	"crypto/tls"
	"net"
	"net/mail"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"accountledger/domain"
	"accountledger/notify"
)

// Transport sends e-mail through one server, with one connection per message. It is safe for concurrent use.
type Transport struct {
	config Config
	from   *mail.Address
}

var _ notify.Transport = (*Transport)(nil)

// New checks the configuration without connecting. Its errors repeat no configured value.
func New(c Config) (*Transport, error) {
	c, from, err := c.check()
	if err != nil {
		return nil, err
	}
	return &Transport{config: c, from: from}, nil
}

// Medium is e-mail.
func (c *Transport) Medium() domain.Medium { return domain.MediumEmail }

// Send hands the message to the server. Only the server's refusal of this message (5xx to its sender, recipient or content) is
// permanent; failures of the connection, its encryption or authentication are for the operator to fix and may be retried.
// Errors are *notify.SendError.
func (c *Transport) Send(ctx context.Context, e notify.Envelope) error {
	msg, failed := c.message(e)
	if failed != nil {
		return failed
	}
	line := &line{}
	defer line.close()
	client, err := c.client(line)
	if err != nil {
		return &notify.SendError{Step: notify.StepConnect, Why: "the configuration cannot be used"}
	}
	// The library observes ctx only while connecting, so the end of ctx closes the connection.
	defer context.AfterFunc(ctx, line.close)()
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		return connecting(ctx, line.made(), err)
	}
	if err := client.SendWithSMTPClient(session, msg); err != nil && !msg.IsDelivered() {
		return sending(ctx, err)
	}
	_ = client.CloseWithSMTPClient(session) // the server has already accepted the message
	return nil
}

func (c *Transport) client(l *line) (*gomail.Client, error) {
	o := []gomail.Option{
		gomail.WithPort(c.config.Port), gomail.WithTimeout(c.config.Timeout), gomail.WithHELO(c.config.Helo),
		gomail.WithoutNoop(), gomail.WithDialContextFunc(l.dial),
		gomail.WithTLSConfig(&tls.Config{ServerName: c.config.Host, MinVersion: tls.VersionTLS12, RootCAs: c.config.RootCAs}),
	}
	switch c.config.TLS {
	case TLSMandatory:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLSNone:
		o = append(o, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		o = append(o, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if c.config.Username != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.config.Username), gomail.WithPassword(c.config.Password))
	}
	return gomail.NewClient(c.config.Host, o...)
}

// line is the connection of one message. The library leaves it open if the conversation fails early, so it is always closed
// here.
type line struct {
	mu     sync.Mutex
	conn   net.Conn
	closed bool
}

func (l *line) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{KeepAlive: 15 * time.Second}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		_ = conn.Close()
		return nil, context.Canceled
	}
	l.conn = conn
	return conn, nil
}

func (l *line) made() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.conn != nil
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.conn != nil {
		_ = l.conn.Close()
	}
}
