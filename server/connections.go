package server

import (
	"container/list"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"
)

// sayAgain is the least time between two lines in the log about too many connections.
const sayAgain = time.Minute

// connections is a listener that has at most so many connections open at once, so that the engines keep their files. When all are
// taken, a new one takes the place of the one that has waited longest for a request; while all have requests under way, it waits
// for one of them in the system's queue.
type connections struct {
	net.Listener
	limit int
	log   *slog.Logger

	mu     sync.Mutex
	room   sync.Cond // there may be room, or the listener is closed
	open   int
	parked list.List // *connection without a request, the one that has waited longest first
	shut   bool
	said   time.Time // when the log was last told
	closed int64     // connections that were closed to make room
	unsaid int64     // of them, since the log was last told
}

// connection is one that counts until it is closed.
type connection struct {
	*net.TCPConn // net/http ends an answer gently where it finds CloseWrite
	of           *connections
	gone         bool
	place        *list.Element // in parked; nil while a request is under way
}

func limitConnections(l net.Listener, limit int, log *slog.Logger) *connections {
	c := &connections{Listener: l, limit: limit, log: log}
	c.room.L = &c.mu
	return c
}

// Accept waits for a connection, and for room for it.
func (l *connections) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) { // net/http tries again soon
			l.outOfFiles()
		}
		return nil, err
	}
	tcp, ok := c.(*net.TCPConn)
	if !ok {
		return nil, errors.Join(errors.New("connections: not TCP"), c.Close())
	}
	taken := &connection{TCPConn: tcp, of: l}
	if !l.admit(taken) {
		_ = tcp.Close()
		return nil, net.ErrClosed
	}
	return taken, nil
}

// admit counts a connection once there is room; false when the listener was closed meanwhile.
func (l *connections) admit(c *connection) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for told := false; l.open >= l.limit && !l.shut; {
		if l.makeRoom() {
			continue
		}
		if !told {
			l.tell("all connections are taken by requests under way: new ones wait")
			told = true
		}
		l.room.Wait()
	}
	if l.shut {
		return false
	}
	l.open++
	c.place = l.parked.PushBack(c)
	return true
}

// makeRoom closes the connection that has waited longest for a request; false when none waits. The caller holds mu.
func (l *connections) makeRoom() bool {
	front := l.parked.Front()
	if front == nil {
		return false
	}
	c, _ := l.parked.Remove(front).(*connection)
	c.place = nil
	l.closed++
	l.unsaid++
	l.tell("all connections are taken: those that wait longest for a request are closed for new ones")
	l.mu.Unlock()
	_ = c.Close()
	l.mu.Lock()
	return true
}

func (l *connections) outOfFiles() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tell("the process has no file left for a connection: raise its limit of open files, or lower http_connections")
	l.makeRoom()
}

// tell logs now and then. The caller holds mu.
func (l *connections) tell(what string) {
	if now := time.Now(); l.said.IsZero() || now.Sub(l.said) >= sayAgain {
		l.log.Warn(what, "limit", l.limit, "closed", l.unsaid)
		l.said, l.unsaid = now, 0
	}
}

// state is net/http's word on a connection: whether a request is under way.
func (l *connections) state(conn net.Conn, s http.ConnState) {
	if encrypted, ok := conn.(*tls.Conn); ok {
		conn = encrypted.NetConn()
	}
	c, ok := conn.(*connection)
	if !ok {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch s {
	case http.StateActive:
		l.unpark(c)
	case http.StateIdle:
		if l.unpark(c); !c.gone {
			c.place = l.parked.PushBack(c)
			l.room.Signal()
		}
	default: // new ones wait already, and Close sees to the others
	}
}

func (l *connections) unpark(c *connection) {
	if c.place != nil {
		l.parked.Remove(c.place)
		c.place = nil
	}
}

// Close ends Accept.
func (l *connections) Close() error {
	l.mu.Lock()
	l.shut = true
	l.room.Broadcast()
	l.mu.Unlock()
	return l.Listener.Close()
}

// counts tells how many are open and how many were closed to make room.
func (l *connections) counts() (open int, closed int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.closed
}

// Close closes the connection, and makes room for another.
func (c *connection) Close() error {
	err := c.TCPConn.Close()
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if !c.gone {
		c.gone = true
		c.of.unpark(c)
		c.of.open--
		c.of.room.Signal()
	}
	return err
}
