package postgrestest

import (
	"io"
	"net"
	"sync"
)

// Proxy stands between a client and a server and breaks the way between them. Its
// methods are safe for concurrent use.
type Proxy struct {
	listener net.Listener
	target   string

	mu      sync.Mutex
	flows   *sync.Cond
	stalled bool
	closed  bool
	open    map[net.Conn]struct{}
	wg      sync.WaitGroup
}

// NewProxy listens on a free port of 127.0.0.1 and passes on to target.
func NewProxy(target string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, target: target, open: map[net.Conn]struct{}{}}
	p.flows = sync.NewCond(&p.mu)
	p.wg.Go(p.accept)
	return p, nil
}

// Host is the proxy's host and port.
func (p *Proxy) Host() string { return p.listener.Addr().String() }

// Stall holds back every byte, as a network does that loses its packets, until Flow.
func (p *Proxy) Stall() { p.set(true) }

// Flow lets bytes pass again.
func (p *Proxy) Flow() { p.set(false) }

// Cut breaks all connections; new ones may be made.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for c := range p.open {
		_ = c.Close()
	}
	clear(p.open)
}

// Close ends the proxy. It may be called twice.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	p.flows.Broadcast()
	p.mu.Unlock()
	err := p.listener.Close()
	p.Cut()
	p.wg.Wait()
	return err
}

func (p *Proxy) set(stalled bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stalled = stalled
	p.flows.Broadcast()
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		if !p.keep(client, server) {
			return
		}
		p.wg.Go(func() { p.copy(server, client) })
		p.wg.Go(func() { p.copy(client, server) })
	}
}

func (p *Proxy) keep(conns ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		if p.closed {
			_ = c.Close()
			continue
		}
		p.open[c] = struct{}{}
	}
	return !p.closed
}

func (p *Proxy) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		p.wait()
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				break
			}
		}
		if err != nil {
			break
		}
	}
	p.mu.Lock()
	delete(p.open, to)
	delete(p.open, from)
	p.mu.Unlock()
	_ = to.Close()
	_ = from.Close()
}

func (p *Proxy) wait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.stalled && !p.closed {
		p.flows.Wait()
	}
}

var _ io.Closer = (*Proxy)(nil)
