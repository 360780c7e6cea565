// Package network is a TCP proxy whose network can fail.
package network

import (
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// Proxy passes TCP connections on to a server, and fails as networks and machines do. Its methods are safe for concurrent use. What is
// held back is delivered later, as TCP does when it resends lost packets.
type Proxy struct {
	listener *net.TCPListener
	target   string

	mu     sync.Mutex
	turned *sync.Cond // broadcast when anything below changes
	held   [2]bool    // by direction
	delay  [2]time.Duration
	silent bool // nothing is accepted
	parked bool // and the accepting goroutine waits
	closed bool
	filler net.Conn // fills the listener's queue while it is silent
	open   map[net.Conn]struct{}
	wg     sync.WaitGroup
}

// The directions.
const (
	toServer = iota
	toClient
)

// NewProxy listens on a free port of 127.0.0.1 and passes on to target.
func NewProxy(target string) (*Proxy, error) { return NewProxyAt("127.0.0.1:0", target) }

// NewProxyAt listens at an address of this machine.
func NewProxyAt(address, target string) (*Proxy, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l.(*net.TCPListener), target: target, open: make(map[net.Conn]struct{})}
	p.turned = sync.NewCond(&p.mu)
	p.wg.Go(p.accept)
	return p, nil
}

// Address is the proxy's host and port.
func (p *Proxy) Address() string { return p.listener.Addr().String() }

// Freeze makes the server look stopped: connections are still accepted, but nothing is answered, until Flow.
func (p *Proxy) Freeze() { p.hold(true, true) }

// LoseRequests holds back what clients send until Flow: the connection works in one direction only.
func (p *Proxy) LoseRequests() { p.hold(true, false) }

// LoseAnswers holds back what the server sends until Flow: the connection works in one direction only.
func (p *Proxy) LoseAnswers() { p.hold(false, true) }

// Blackhole loses all packets, until Flow: what is sent on a connection is held back, and attempts at new ones are not answered at all.
func (p *Proxy) Blackhole() error {
	p.hold(true, true)
	p.mu.Lock()
	if p.silent || p.closed {
		p.mu.Unlock()
		return nil
	}
	p.silent = true
	p.mu.Unlock()
	if err := p.backlog(0); err != nil {
		return err
	}
	// The first connection parks the accepting goroutine, the second fills the queue: the system drops further ones.
	first, err := net.Dial("tcp", p.Address())
	if err != nil {
		return err
	}
	defer func() { _ = first.Close() }()
	p.mu.Lock()
	for !p.parked && !p.closed {
		p.turned.Wait()
	}
	p.mu.Unlock()
	second, err := net.DialTimeout("tcp", p.Address(), 100*time.Millisecond)
	if err != nil {
		return nil // a client has filled the queue already
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.filler = second
	return nil
}

// Delay delays bytes in each direction; bytes sent one after another are in transit together.
func (p *Proxy) Delay(requests, answers time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = [2]time.Duration{requests, answers}
}

// Flow undoes all the other methods except Delay.
func (p *Proxy) Flow() {
	p.hold(false, false)
	p.mu.Lock()
	silent := p.silent
	p.silent = false
	if p.filler != nil {
		_ = p.filler.Close()
		p.filler = nil
	}
	p.turned.Broadcast()
	p.mu.Unlock()
	if silent {
		_ = p.backlog(syscall.SOMAXCONN)
	}
}

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
	p.turned.Broadcast()
	p.mu.Unlock()
	err := p.listener.Close()
	p.Flow()
	p.Cut()
	p.wg.Wait()
	return err
}

var _ io.Closer = (*Proxy)(nil)

func (p *Proxy) hold(requests, answers bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = [2]bool{requests, answers}
	p.turned.Broadcast()
}

// backlog sets how many connections the system accepts for a listener that accepts none: one more than n.
func (p *Proxy) backlog(n int) error {
	raw, err := p.listener.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = syscall.Listen(int(fd), n) }); err != nil {
		return err
	}
	return failed
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		p.park()
		p.wg.Go(func() { p.serve(client) })
	}
}

// park waits while nothing is accepted.
func (p *Proxy) park() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.silent && !p.closed {
		p.parked = true
		p.turned.Broadcast()
		p.turned.Wait()
	}
	p.parked = false
}

func (p *Proxy) serve(client net.Conn) {
	if !p.keep(client) {
		return
	}
	p.pass(toServer)
	server, err := net.Dial("tcp", p.target)
	if err != nil {
		p.drop(client)
		return
	}
	if !p.keep(server) {
		return
	}
	p.wg.Go(func() { p.copy(server, client, toServer) })
	p.copy(client, server, toClient)
}

// keep registers a connection for Cut and Close to break.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = c.Close()
		return false
	}
	p.open[c] = struct{}{}
	return true
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range conns {
		delete(p.open, c)
		_ = c.Close()
	}
}

// chunk is some bytes and when they arrive.
type chunk struct {
	bytes []byte
	due   time.Time
}

// onTheWay is how many chunks can be in transit.
const onTheWay = 256

func (p *Proxy) copy(to, from net.Conn, direction int) {
	defer p.drop(to, from)
	way := make(chan chunk, onTheWay)
	p.wg.Go(func() {
		defer close(way)
		for {
			buffer := make([]byte, 16<<10)
			n, err := from.Read(buffer)
			if n > 0 {
				way <- chunk{buffer[:n], time.Now().Add(p.latency(direction))}
			}
			if err != nil {
				return
			}
		}
	})
	for c := range way {
		time.Sleep(time.Until(c.due))
		p.pass(direction)
		if _, err := to.Write(c.bytes); err != nil {
			break
		}
	}
	_ = from.Close() // ends the reading
	for range way {
		continue // what is left is lost
	}
}

func (p *Proxy) latency(direction int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.delay[direction]
}

// pass waits while a direction is held.
func (p *Proxy) pass(direction int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held[direction] && !p.closed {
		p.turned.Wait()
	}
}
