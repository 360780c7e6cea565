package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

// sink is a mail server on a free port of this machine, which keeps the text of each message.
type sink struct {
	port   int
	server *smtp.Server

	mu    sync.Mutex
	taken []message
	more  chan struct{} // closed and replaced with each message
}

// message is a message that somebody got.
type message struct{ to, text string }

var codeForm = regexp.MustCompile(`\b(\d{3} ?\d{3})\b`)

// code is the code in a message, or "".
func (m message) code() string {
	found := codeForm.FindStringSubmatch(m.text)
	if found == nil {
		return ""
	}
	return strings.ReplaceAll(found[1], " ", "")
}

func newSink(ctx context.Context) (*sink, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	at, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return nil, fmt.Errorf("no TCP address: %s", l.Addr())
	}
	s := &sink{port: at.Port, more: make(chan struct{})}
	s.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{sink: s}, nil }))
	s.server.Domain = "mail.test"
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = log.New(io.Discard, "", 0)
	go func() { _ = s.server.Serve(l) }()
	return s, nil
}

func (s *sink) close() { _ = s.server.Close() }

// count is how many messages somebody has received.
func (s *sink) count(to string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, m := range s.taken {
		if m.to == to {
			n++
		}
	}
	return n
}

// next waits for somebody's message after the first n.
func (s *sink) next(ctx context.Context, to string, n int, patience time.Duration) (message, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		s.mu.Lock()
		left, more := n, s.more
		for _, m := range s.taken {
			if m.to != to {
				continue
			}
			if left == 0 {
				s.mu.Unlock()
				return m, nil
			}
			left--
		}
		s.mu.Unlock()
		select {
		case <-ctx.Done():
			return message{}, fmt.Errorf("no message to %s in %s", to, patience)
		case <-more:
		}
	}
}

func (s *sink) take(m message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.taken = append(s.taken, m)
	close(s.more)
	s.more = make(chan struct{})
}

// delivery is one SMTP session with the program.
type delivery struct {
	sink *sink
	to   string
}

func (d *delivery) Reset()                               { d.to = "" }
func (d *delivery) Logout() error                        { return nil }
func (d *delivery) Mail(string, *smtp.MailOptions) error { return nil }

func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	d.to = to
	return nil
}

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	text, err := plainText(raw)
	if err != nil {
		return err
	}
	d.sink.take(message{d.to, text})
	return nil
}

// plainText is the plain-text part of a message.
func plainText(raw []byte) (string, error) {
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		return "", err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return "", err
	}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if err != nil {
			return "", err
		}
		if kind, _, _ := mime.ParseMediaType(part.Header.Get("Content-Type")); kind == "text/plain" {
			text, err := io.ReadAll(quotedprintable.NewReader(part))
			return strings.ReplaceAll(string(text), "\r\n", "\n"), err
		}
	}
}
