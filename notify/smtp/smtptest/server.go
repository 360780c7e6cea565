// Package smtptest is a real SMTP server for tests: it listens on a free local port, keeps the messages it gets, and refuses what
// the test tells it to.
package smtptest

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// Message is one message that the server accepted.
type Message struct {
	From, To  string
	Encrypted bool
	SMTPUTF8  bool
	User      string // who signed in
	Helo      string
	Raw       []byte
}

// Header returns the parsed headers; it fails the test if there are none.
func (m Message) Header(t *testing.T) mail.Header {
	t.Helper()
	p, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	return p.Header
}

// Parts returns the decoded bodies by media type.
func (m Message) Parts(t *testing.T) map[string]string {
	t.Helper()
	p, err := mail.ReadMessage(bytes.NewReader(m.Raw))
	if err != nil {
		t.Fatal(err)
	}
	_, params, err := mime.ParseMediaType(p.Header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for r := multipart.NewReader(p.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return out
		} else if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		out[kind] = strings.ReplaceAll(string(body), "\r\n", "\n")
	}
}

// Options of Start.
type Options struct {
	TLS      bool   // offer STARTTLS
	Implicit bool   // speak TLS from the first byte
	SilentAt string // the step at which the server stops answering, as package notify names it; empty: it answers
	Addr     string // host:port; empty is a free port of 127.0.0.1
	Password string // of user "ledger"; empty: no authentication
	UTF8     bool   // offer SMTPUTF8
	// Rcpt and Data, if set, decide on a recipient and on a received message.
	Rcpt func(to string) error
	Data func(m Message) error
}

// Server is a running server; it ends with its test.
type Server struct {
	Host string
	Port int
	// Roots trust the server's certificate.
	Roots *x509.CertPool

	server   *gosmtp.Server
	listener net.Listener
	opts     Options
	mu       sync.Mutex
	taken    []Message
	more     chan struct{}
	silent   chan struct{} // has a value once the server fell silent
}

// Refusal is an SMTP reply for Options.Rcpt and Options.Data.
func Refusal(code int, message string) error {
	return &gosmtp.SMTPError{Code: code, EnhancedCode: gosmtp.EnhancedCode{code / 100, 1, 1}, Message: message}
}

// Start starts a server.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, ok := TryStart(t, o)
	if !ok {
		t.Fatal("cannot listen")
	}
	return s
}

// TryStart starts a server; false if the machine has no such address.
func TryStart(t testing.TB, o Options) (*Server, bool) {
	t.Helper()
	s := &Server{opts: o, more: make(chan struct{}, 1), silent: make(chan struct{}, 1)}
	s.server = gosmtp.NewServer(gosmtp.BackendFunc(func(c *gosmtp.Conn) (gosmtp.Session, error) {
		return &session{server: s, conn: c}, nil
	}))
	s.server.Domain = "mail.test"
	s.server.EnableSMTPUTF8 = o.UTF8
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	if o.TLS || o.Implicit {
		s.server.TLSConfig, s.Roots = certificate(t)
	}
	addr := o.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, false
	}
	s.listener = l
	at, _ := l.Addr().(*net.TCPAddr)
	s.Host, s.Port = "127.0.0.1", at.Port
	done := make(chan struct{})
	serving := net.Listener(&quieting{l, o.SilentAt, s.silent})
	if o.Implicit {
		serving = tls.NewListener(serving, s.server.TLSConfig)
	}
	go func() {
		defer close(done)
		_ = s.server.Serve(serving)
	}()
	t.Cleanup(func() {
		s.Close()
		<-done
	})
	return s, true
}

// Close ends the server and its connections. It also closes the listener, which the library does not know before it serves.
func (s *Server) Close() {
	_ = s.server.Close()
	_ = s.listener.Close()
}

// Taken returns the messages accepted so far, in order.
func (s *Server) Taken() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Message(nil), s.taken...)
}

// Wait waits until the server has accepted n messages and returns them; it fails the test when the test's context ends.
func (s *Server) Wait(t *testing.T, n int) []Message {
	t.Helper()
	for {
		if got := s.Taken(); len(got) >= n {
			return got
		}
		select {
		case <-s.more:
		case <-t.Context().Done():
			t.Fatalf("the server took %d messages of %d", len(s.Taken()), n)
		}
	}
}

// WaitFor waits for the next message to an address, beside the first n messages of all, and returns it and how many it is the last of.
func (s *Server) WaitFor(t *testing.T, n int, to string) (Message, int) {
	t.Helper()
	for {
		all := s.Wait(t, n+1)
		if n++; all[n-1].To == to {
			return all[n-1], n
		}
	}
}

func (s *Server) take(m Message) {
	s.mu.Lock()
	s.taken = append(s.taken, m)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
}

type session struct {
	server *Server
	conn   *gosmtp.Conn
	m      Message
}

func (s *session) Reset()        { s.m = Message{User: s.m.User} }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string {
	if s.server.opts.Password == "" {
		return nil
	}
	return []string{sasl.Plain}
}

func (s *session) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "ledger" || password != s.server.opts.Password {
			return gosmtp.ErrAuthFailed
		}
		s.m.User = user
		return nil
	}), nil
}

func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	if s.server.opts.Password != "" && s.m.User == "" {
		return &gosmtp.SMTPError{Code: 530, EnhancedCode: gosmtp.EnhancedCode{5, 7, 0}, Message: "sign in first"}
	}
	s.fallSilent(atSender, 0)
	_, s.m.Encrypted = s.conn.TLSConnectionState()
	s.m.From, s.m.SMTPUTF8, s.m.Helo = from, o.UTF8, s.conn.Hostname()
	return nil
}

func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.m.To = to
	s.fallSilent(atRecipient, 0)
	s.fallSilent(atContent, 1)
	if s.server.opts.Rcpt != nil {
		return s.server.opts.Rcpt(to)
	}
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.m.Raw = raw
	s.fallSilent(atAnswer, 0)
	if s.server.opts.Data != nil {
		if err := s.server.opts.Data(s.m); err != nil {
			return err
		}
	}
	s.server.take(s.m)
	return nil
}
