// Package smtp sends messages through a mail server by SMTP, encrypted if the server offers it.
package smtp

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// TLS is whether a connection is encrypted. If it is, the server's certificate is checked: an invalid one is a failure, not a
// reason to continue unencrypted.
type TLS string

// Policies.
const (
	TLSOpportunistic TLS = "opportunistic" // STARTTLS if the server offers it
	TLSMandatory     TLS = "mandatory"     // STARTTLS, or nothing is sent
	TLSNone          TLS = "none"          // unencrypted, for a server on the same machine
)

// Defaults of Config.
const (
	DefaultPort    = 587
	DefaultTimeout = 20 * time.Second
)

// Config is the mail server and the sender. It prints without user and password.
type Config struct {
	Host string
	Port int // 0 is DefaultPort
	// Username and Password are used if Username is not empty. Over an unencrypted connection the password itself is
	// never sent, only mechanisms that prove it are used.
	Username, Password string
	// From is the sender's address; its host is used in Message-ID, so that the machine's name is not revealed. FromName
	// is the name shown with it and may be empty.
	From, FromName string
	// TLS defaults to TLSOpportunistic.
	TLS TLS
	// RootCAs are the trusted authorities; nil means the system's.
	RootCAs *x509.CertPool
	// Helo is the name sent to the server; it defaults to the host of From.
	Helo string
	// Timeout limits connecting, and the conversation after it; 0 means DefaultTimeout.
	Timeout time.Duration
}

// Format prints server and policy for every verb.
func (c Config) Format(s fmt.State, _ rune) {
	_, _ = io.WriteString(s, net.JoinHostPort(c.Host, strconv.Itoa(c.Port))+" tls="+string(c.TLS))
}

// LogValue logs server and policy.
func (c Config) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// check fills in defaults and refuses what cannot work. Its errors repeat no configured value.
func (c Config) check() (Config, *mail.Address, error) {
	if c.Port == 0 {
		c.Port = DefaultPort
	}
	if c.TLS == "" {
		c.TLS = TLSOpportunistic
	}
	if c.Timeout == 0 {
		c.Timeout = DefaultTimeout
	}
	from, err := mail.ParseAddress(c.From)
	switch {
	case c.Host == "" || strings.ContainsFunc(c.Host, unfit):
		return c, nil, errors.New("smtp: the server's host is missing or not a host name")
	case c.Port < 1 || c.Port > 65535:
		return c, nil, errors.New("smtp: the server's port is not between 1 and 65535")
	case c.TLS != TLSOpportunistic && c.TLS != TLSMandatory && c.TLS != TLSNone:
		return c, nil, errors.New("smtp: the TLS policy must be opportunistic, mandatory or none")
	case c.Timeout < 0:
		return c, nil, errors.New("smtp: the timeout is negative")
	case err != nil || from.Address != c.From:
		return c, nil, errors.New("smtp: the sender must be a bare e-mail address; its name is a separate setting")
	case strings.ContainsFunc(c.FromName, unicode.IsControl):
		return c, nil, errors.New("smtp: the sender's name has control characters")
	case strings.ContainsFunc(c.Helo, unfit):
		return c, nil, errors.New("smtp: the HELO name is not a host name")
	}
	if c.Helo == "" {
		c.Helo = host(from.Address)
	}
	from.Name = c.FromName
	return c, from, nil
}

func unfit(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

func host(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
