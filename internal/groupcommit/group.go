// Package groupcommit lets callers that arrive while others are being committed share the next commit, and so its fsync or its round trip
// to a server.
package groupcommit

import (
	"context"
	"errors"
	"sync"
)

// ErrClosed: the group takes no more calls.
var ErrClosed = errors.New("groupcommit: closed")

// Most bounds how many calls share a commit by default, so that the first does not wait for long.
const Most = 256

// Call is one caller's part of a commit.
type Call[T any] struct {
	// Of belongs to the commit until the call is answered.
	Of   T
	ctx  context.Context // of the caller, who waits
	done chan error
}

// Answer lets the caller go on. Each call is answered once.
func (c *Call[T]) Answer(err error) { c.done <- err }

// Options say how calls are committed.
type Options[T any] struct {
	// AtOnce is how many commits are under way at once; 0 is one.
	AtOnce int
	// Fits is how many of the waiting calls, in their order, share a commit: at least one. nil: up to Most.
	Fits func(waiting []*Call[T]) int
	// Commit carries out calls and answers each of them. It runs under no caller's context: one that leaves must not undo the others.
	Commit func(calls []*Call[T])
}

// Group gathers calls. It is safe for concurrent use, and idle while nobody calls.
type Group[T any] struct {
	options Options[T]

	mu      sync.Mutex
	waiting []*Call[T]
	running int
	closed  bool
	idle    sync.WaitGroup
}

// New makes a group.
func New[T any](o Options[T]) *Group[T] {
	o.AtOnce = max(o.AtOnce, 1)
	if o.Fits == nil {
		o.Fits = func(waiting []*Call[T]) int { return min(len(waiting), Most) }
	}
	return &Group[T]{options: o}
}

// Do has a call committed and returns its answer. If ctx ends first, it may or may not have taken effect; a call whose ctx ends before
// its commit begins has not. ErrClosed after Close.
func (g *Group[T]) Do(ctx context.Context, of T) error {
	c := &Call[T]{Of: of, ctx: ctx, done: make(chan error, 1)}
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return ErrClosed
	}
	g.waiting = append(g.waiting, c)
	if g.running < g.options.AtOnce {
		g.running++
		g.idle.Go(g.run)
	}
	g.mu.Unlock()
	select {
	case err := <-c.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Close answers the calls that wait with ErrClosed, and returns once those under way are answered.
func (g *Group[T]) Close() {
	g.mu.Lock()
	g.closed = true
	left := g.waiting
	g.waiting = nil
	g.mu.Unlock()
	for _, c := range left {
		c.Answer(ErrClosed)
	}
	g.idle.Wait()
}

// Waiting is how many calls wait for the next commit.
func (g *Group[T]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// run commits until no call is waiting.
func (g *Group[T]) run() {
	for {
		calls, more := g.next()
		if !more {
			return
		}
		if len(calls) > 0 {
			g.options.Commit(calls)
		}
	}
}

// next takes the calls of the next commit, without those whose callers have left.
func (g *Group[T]) next() (calls []*Call[T], more bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.waiting) == 0 {
		g.running--
		return nil, false
	}
	n := g.options.Fits(g.waiting)
	taken := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	for _, c := range taken {
		if c.ctx.Err() == nil {
			calls = append(calls, c)
		}
	}
	return calls, true
}
