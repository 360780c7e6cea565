package esdb

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"accountledger/eventstore"
)

// link keeps a connection to a node of the preferred kind and finds another one when it breaks. When nothing has answered for
// the time of a call it is open, as a breaker: calls fail at once, while one search goes on and closes it.
//
// The vendor's client can do some of this, but its calls do not heed their context while it looks for a node, it is dead for
// good after one search in vain, and closing it while calls are under way panics. So of
// that module only the generated protocol is used.
type link struct {
	ctx      context.Context // ends with the store
	discover discovery
	use      string        // what it is for, in the log
	limit    time.Duration // how long nothing may answer before calls fail at once
	log      *slog.Logger
	damage   func() error  // why no node is used any more, or nil
	found    atomic.Uint64 // how often a node was found

	mu     sync.Mutex
	node   *node
	search *search                 // under way while there is no node, once one was wanted
	since  time.Time               // when a node last answered, or was first wanted; zero while there is one
	down   *eventstore.OutageError // while calls fail at once
	ended  bool
}

// acquire gives the node, and finds one when there is none; release it. The error is
// ctx's, eventstore.ErrClosed, damage's, or an *eventstore.OutageError.
func (l *link) acquire(ctx context.Context) (*node, error) { return l.wait(ctx, true) }

// await is acquire for those who wait as long as it takes.
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

// current gives the node that there is, or nil, and looks for none; release it.
func (l *link) current() *node {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.node != nil {
		l.node.users++
	}
	return l.node
}

// health is an *eventstore.OutageError once nothing has answered for a limit, or while calls fail at once; it answers from
// what is known.
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

// forgetFence makes the next append ask for the fence.
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

// giveUp looks for another node, first where the hint says. Since is when this one last answered. Whoever
// still uses it may go on.
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

// cut gives a node up that is silent, and ends the calls that wait for it.
func (l *link) cut(n *node) {
	l.log.Warn("EventStoreDB is silent: its node is given up", "node", n.at.String(), "for", time.Since(n.wire.last()).Round(time.Millisecond).String())
	l.giveUp(n, "", n.wire.last())
	n.wire.cut()
}

// cutAt gives the node up when it is the one at an address that another link found silent.
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

// close ends the link: nobody will acquire a node any more. Who still uses one loses it.
func (l *link) close() {
	l.mu.Lock()
	n := l.node
	l.ended, l.node = true, nil
	l.mu.Unlock()
	if n != nil {
		n.close()
	}
}
