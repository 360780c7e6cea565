package esdb

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"accountledger/eventstore"
)

// link keeps a connection to a node of the preferred kind and finds another one when it breaks. If nothing has answered for
// the time of a call it opens, like a circuit breaker: calls fail immediately while one search goes on, which closes it again.
//
// The vendor's client can do some of this, but its calls ignore their context while it looks for a node, it is dead for
// good after one failed search, and closing it while calls are under way panics. So only the generated protocol
// of that module is used.
type link struct {
	ctx      context.Context // ends with the store
	discover discovery
	use      string        // what it is for, in the log
	limit    time.Duration // how long nothing may answer before calls fail immediately
	log      *slog.Logger
	damage   func() error  // why nodes are no longer used, or nil
	found    atomic.Uint64 // how often a node was found

	mu     sync.Mutex
	node   *node
	search *search                 // under way while there is no node, once one was wanted
	since  time.Time               // when a node last answered, or was first wanted; zero while there is one
	down   *eventstore.OutageError // while calls fail immediately
	ended  bool
}

// acquire returns the node, finding one if there is none; it must be released. The error is
// ctx's, eventstore.ErrClosed, damage's, or an *eventstore.OutageError.
func (l *link) acquire(ctx context.Context) (*node, error) { return l.wait(ctx, true) }

// await is acquire for callers that wait as long as it takes.
func (l *link) await(ctx context.Context) (*node, error) { return l.wait(ctx, false) }

func (l *link) wait(ctx context.Context, hurried bool) (*node, error) {
	for {
		l.mu.Lock()
		if l.ended {
			l.mu.Unlock()
			return nil, eventstore.ErrClosed
		}
		if err := l.damage(); err != nil {
			l.mu.Unlock()
			return nil, err
		}
		if n := l.node; n != nil {
			n.users++
			l.mu.Unlock()
			return n, nil
		}
		if hurried && l.down != nil {
			defer l.mu.Unlock()
			return nil, l.down
		}
		l.seek("", "", time.Now())
		s := l.search
		l.mu.Unlock()
		var opened <-chan struct{}
		if hurried {
			opened = s.opened
		}
		select {
		case <-s.done:
		case <-opened:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// current returns the present node, or nil, without looking for one; it must be released.
func (l *link) current() *node {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != nil {
		l.node.users++
	}
	return l.node
}

// health is an *eventstore.OutageError once nothing has answered for a limit, or while calls fail immediately; it makes no
// request.
func (l *link) health(limit time.Duration) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.down != nil:
		return l.down
	case l.node == nil && !l.since.IsZero() && time.Since(l.since) > limit:
		return &eventstore.OutageError{Since: l.since, Cause: l.search.cause()}
	}
	return nil
}

// forgetFence makes the next append check the fence.
func (l *link) forgetFence() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != nil {
		l.node.learn(&poll{at: time.Now(), void: true})
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

// giveUp looks for another node, starting at the hint. since is when this one last answered. Calls that
// still use it may go on.
func (l *link) giveUp(n *node, hint string, since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node == n {
		l.node = nil
		l.seek(hint, n.at.name, since)
	}
	n.gone = true
	l.tidy(n)
}

// cut gives up a silent node, and ends the calls that wait for it.
func (l *link) cut(n *node) {
	l.log.Warn("EventStoreDB is silent: giving up its node", "node", n.at.String(), "for", time.Since(n.wire.last()).Round(time.Millisecond).String())
	l.giveUp(n, "", n.wire.last())
	n.wire.cut()
}

// cutAt gives up the node if it is at an address that another link found silent.
func (l *link) cutAt(address string) {
	n := l.current()
	if n == nil {
		return
	}
	defer l.release(n)
	if n.at.address == address {
		l.cut(n)
	}
}

// close ends the link: no more nodes can be acquired, and calls under way are cut off.
func (l *link) close() {
	l.mu.Lock()
	n := l.node
	l.ended, l.node = true, nil
	l.mu.Unlock()
	if n != nil {
		n.close()
	}
}
