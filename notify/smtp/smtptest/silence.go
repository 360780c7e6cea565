package smtptest

import (
	"bytes"
	"net"
	"sync"
	"testing"
)

// quieting accepts connections whose server may fall silent.
type quieting struct {
	net.Listener
	at     string
	silent chan<- struct{}
}

func (l *quieting) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	q := &quiet{Conn: c, pass: -1, ready: -1, silent: l.silent, gone: make(chan struct{})}
	switch l.at {
	case atGreeting:
		q.ready = 0
	case atTLS:
		q.ready = 1 // that to STARTTLS is the second
	}
	return q, nil
}

// quiet is a connection that holds back what the server says after some replies, until it is closed.
type quiet struct {
	net.Conn
	mu     sync.Mutex
	pass   int // replies before it falls silent; negative: it does not
	ready  int // likewise, of replies that the server is ready
	silent chan<- struct{}
	gone   chan struct{}
	once   sync.Once
}

func (c *quiet) Write(p []byte) (int, error) {
	c.mu.Lock()
	held := c.pass == 0
	if bytes.HasPrefix(p, []byte("220 ")) {
		held = held || c.ready == 0
		c.ready--
	}
	if c.pass > 0 {
		c.pass--
	}
	c.mu.Unlock()
	if !held {
		return c.Conn.Write(p)
	}
	select {
	case c.silent <- struct{}{}:
	default:
	}
	<-c.gone
	return 0, net.ErrClosed
}

func (c *quiet) Close() error {
	c.once.Do(func() { close(c.gone) })
	return c.Conn.Close()
}

// after lets a number of replies pass from now on.
func (c *quiet) after(replies int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pass = replies
}

// Steps at which Options.SilentAt has the server fall silent, as package notify names them.
const (
	atGreeting  = "greeting"
	atTLS       = "tls"
	atSender    = "sender"
	atRecipient = "recipient"
	atContent   = "content"
	atAnswer    = "answer"
)

// fallSilent has the server say nothing more on a connection after some replies, if the test wants it at this step.
func (s *session) fallSilent(step string, replies int) {
	if s.server.opts.SilentAt != step {
		return
	}
	conn := s.conn.Conn()
	if encrypted, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = encrypted.NetConn()
	}
	if q, ok := conn.(*quiet); ok {
		q.after(replies)
	}
}

// AwaitSilence waits until the server has fallen silent on a connection.
func (s *Server) AwaitSilence(t *testing.T) {
	t.Helper()
	select {
	case <-s.silent:
	case <-t.Context().Done():
	}
}
