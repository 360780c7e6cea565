// Package smtp sends messages through a mail server by SMTP, encrypted if the server offers it.
package smtp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"unicode"
)

// TLS is how a connection is encrypted. The server's certificate is checked: an invalid one is a failure, not a reason to continue
// unencrypted.
type TLS string

// Ways.
const (
	TLSImplicit TLS = "implicit" // from the first byte (RFC 8314, section 3)
	TLSStart    TLS = "starttls" // STARTTLS (RFC 3207), or nothing is sent
	TLSNone     TLS = "none"     // unencrypted, for a server on the same machine
)

// Ports by RFC 8314.
const (
	DefaultPort  = 587
	implicitPort = 465
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
	// TLS defaults to TLSImplicit at port 465 and TLSStart elsewhere.
	TLS TLS
	// RootCAs are the trusted authorities; nil means the system's.
	RootCAs *x509.CertPool
	// Helo is the name sent to the server; it defaults to the host of From.
	Helo string
	// Times limit the steps of a conversation; zero means those of RFC 5321.
	Times Times
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
	switch {
	case c.TLS != "":
	case c.Port == implicitPort:
		c.TLS = TLSImplicit
	default:
		c.TLS = TLSStart
	}
	c.Times = c.Times.withDefaults()
	from, err := mail.ParseAddress(c.From)
	switch {
	case CheckHost(c.Host) != nil:
		return c, nil, CheckHost(c.Host)
	case c.Port < 1 || c.Port > 65535:
		return c, nil, errors.New("smtp: the server's port is not between 1 and 65535")
	case c.TLS != TLSImplicit && c.TLS != TLSStart && c.TLS != TLSNone:
		return c, nil, errors.New("smtp: TLS must be implicit, starttls or none")
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

// tls checks the server's certificate for its name or address.
func (c *Config) tls() *tls.Config {
	return &tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12, RootCAs: c.RootCAs}
}

// CheckHost refuses what is neither a host name nor an address, such as one with a port, or a URL.
func CheckHost(host string) error {
	if net.ParseIP(host) != nil {
		return nil
	}
	if host == "" || strings.ContainsAny(host, ":/@[]") || strings.ContainsFunc(host, unfit) {
		return errors.New("smtp: the server's host must be a host name or an address, without a port")
	}
	return nil
}

func unfit(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }

func host(address string) string { return address[strings.LastIndexByte(address, '@')+1:] }
