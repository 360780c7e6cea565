package esdb

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"

	"accountledger/eventstore"
)

// link keeps a connection to a node of the preferred kind and finds another one when it breaks.
//
// The vendor's client can do this too, but its calls do not heed their context while it looks for a node, it is dead for
// good after one search in vain, and closing it while calls are under way panics. So of
// that module only the connection string and the generated protocol are used.
type link struct {
	ctx      context.Context // ends with the store
	discover discovery
	log      *slog.Logger
	found    atomic.Uint64 // how often a node was found

	mu     sync.Mutex
	node   *node
	search *search
	hint   string // where the leader was said to be
	ended  bool
}

// node is one connection. It is closed when it has been given up and its last user is done.
type node struct {
	conn    *grpc.ClientConn
	streams api.StreamsClient

	reached atomic.Uint64        // commit position up to which it is known to have everything
	poll    atomic.Pointer[poll] // what it last said of the fence
	polling chan struct{}        // holds one: whoever asks it

	// Both are guarded by the link.
	users int
	gone  bool
}

// search is a search under way that all who need a node wait for.
type search struct {
	done chan struct{}
	err  error // valid when done is closed
}

// acquire gives the node, and finds one when there is none; release it. The error is
// ctx's, eventstore.ErrClosed, or wraps eventstore.ErrUnavailable.
func (l *link) acquire(ctx context.Context) (*node, error) {
	for {
		l.mu.Lock()
		if n := l.node; n != nil {
			n.users++
			l.mu.Unlock()
			return n, nil
		}
		s := l.search
		if s == nil {
			s = &search{done: make(chan struct{})}
			l.search = s
			go l.run(s, l.hint)
			l.hint = ""
		}
		l.mu.Unlock()
		select {
		case <-s.done:
			if s.err != nil {
				return nil, s.err
			}
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *link) run(s *search, hint string) {
	conn, address, err := l.discover.find(l.ctx, hint)
	l.mu.Lock()
	defer l.mu.Unlock()
	defer close(s.done)
	l.search = nil
	if l.ended || l.ctx.Err() != nil {
		if conn != nil {
			_ = conn.Close()
		}
		s.err = eventstore.ErrClosed
		return
	}
	if s.err = err; err != nil {
		l.log.Warn("no node of EventStoreDB found", "error", err)
		return
	}
	l.found.Add(1)
	l.log.Info("connected to EventStoreDB", "node", address)
	l.node = &node{conn: conn, streams: api.NewStreamsClient(conn), polling: make(chan struct{}, 1)}
}

// current gives the node that there is, or nil, and looks for none; release it.
func (l *link) current() *node {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != nil {
		l.node.users++
	}
	return l.node
}

// forgetFence makes the next append ask for the fence.
func (l *link) forgetFence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != nil {
		l.node.poll.Store(nil)
	}
}

func (l *link) release(n *node) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n.users--
	l.tidy(n)
}

func (l *link) tidy(n *node) {
	if n.gone && n.users == 0 {
		_ = n.conn.Close()
	}
}

// giveUp makes the next acquire look for a node, first where the hint says. Whoever
// still uses the old one may go on.
func (l *link) giveUp(n *node, hint string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node == n {
		l.node, l.hint = nil, hint
	}
	n.gone = true
	l.tidy(n)
}

// close ends the link: nobody will acquire a node any more. Who still uses one loses it.
func (l *link) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended = true
	if l.node != nil {
		_ = l.node.conn.Close()
		l.node = nil
	}
}
