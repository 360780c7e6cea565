package esdbtest

import (
	"net"
	"sync"
	"sync/atomic"
)

// listener keeps track of its connections.
type listener struct {
	net.Listener
	down   atomic.Bool
	frozen gate
	mu     sync.Mutex
	conns  map[*conn]struct{}
}

type conn struct {
	net.Conn
	listener *listener
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, conns: make(map[*conn]struct{})}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.down.Load() {
			_ = raw.Close()
			continue
		}
		c := &conn{raw, l}
		l.mu.Lock()
		l.conns[c] = struct{}{}
		l.mu.Unlock()
		return c, nil
	}
}

// Read implements net.Conn.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.listener.frozen.wait()
	return n, err
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	c.listener.frozen.wait()
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// drop breaks all connections; with from, only that one.
func (l *listener) drop(from ...string) {
	l.mu.Lock()
	var broken []net.Conn
	for c := range l.conns {
		if len(from) == 0 || c.RemoteAddr().String() == from[0] {
			broken = append(broken, c.Conn)
		}
	}
	l.mu.Unlock()
	for _, c := range broken {
		_ = c.Close()
	}
}

// gate blocks its callers while it is shut.
type gate struct {
	mu   sync.Mutex
	shut chan struct{} // closed when it opens; nil while it is open
}

func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case shut && g.shut == nil:
		g.shut = make(chan struct{})
	case !shut && g.shut != nil:
		close(g.shut)
		g.shut = nil
	}
}

func (g *gate) wait() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut != nil {
		<-shut
	}
}
