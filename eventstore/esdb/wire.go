package esdb

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// wire is a node's network connection. It records when a byte last came, which tells a frozen or unreachable node from
// a slow one.
type wire struct {
	born  time.Time
	heard atomic.Int64 // when a byte last came, in ns since born

	mu    sync.Mutex
	conn  net.Conn // the only one
	ended bool     // there is none, and will be none
	fault error    // why there is none
}

func newWire() *wire { return &wire{born: time.Now()} }

// last is when a byte last came, or else when the wire was made.
func (w *wire) last() time.Time { return w.born.Add(time.Duration(w.heard.Load())) }

// dial makes the connection. A wire connects only once: another connection takes another wire, which reads the files again.
func (w *wire) dial(ctx context.Context, address string) (net.Conn, error) {
	if w.made() {
		return nil, net.ErrClosed
	}
	var d net.Dialer
	raw, err := d.DialContext(ctx, "tcp", address)
	w.note(err)
	if err != nil {
		return nil, err
	}
	c := &wireConn{raw, w}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended {
		_ = raw.Close()
		return nil, net.ErrClosed
	}
	w.conn = c
	return c, nil
}

func (w *wire) made() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended || w.conn != nil
}

// note records why a connection failed; nil clears it.
func (w *wire) note(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = err
}

// why is why there is no connection, or nil.
func (w *wire) why() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fault
}

// cut ends all calls over the wire at once. gRPC alone would first wait for its goodbye to be sent.
func (w *wire) cut() {
	w.mu.Lock()
	w.ended = true
	conn := w.conn
	w.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
}

type wireConn struct {
	net.Conn
	wire *wire
}

// Read implements net.Conn.
func (c *wireConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 {
		c.wire.heard.Store(int64(time.Since(c.wire.born)))
	}
	return n, err
}
