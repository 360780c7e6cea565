package postgres

import (
	"context"
	"sync"
)

// maxGroup bounds how many calls share a transaction, so that the first does not
// wait for long.
const maxGroup = 256

// group collects calls that arrive while others are at the server, and sends them
// together, in one transaction and with one fsync.
type group struct {
	// limit is how many transactions are at the server at once.
	limit int
	// apply carries out all the calls, or sets each one's err.
	apply func(calls []*groupCall)

	mu      sync.Mutex
	waiting []*groupCall
	running int
}

// groupCall is one caller's part. All its fields except names belong to the group until it is answered.
type groupCall struct {
	ctx   context.Context
	names []string // distinct, in order
	found foundKeys
	err   error
	done  chan struct{}
}

// do submits the call and waits for its answer. If ctx ends first, it may or may not have
// taken effect.
func (g *group) do(ctx context.Context, names []string) (foundKeys, error) {
	c := &groupCall{ctx: ctx, names: names, done: make(chan struct{})}
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	if g.running < g.limit {
		g.running++
		go g.run() // a caller that leaves must not undo the others
	}
	g.mu.Unlock()
	select {
	case <-c.done:
		return c.found, c.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run takes calls until none is waiting.
func (g *group) run() {
	for {
		calls := g.next()
		if calls == nil {
			return
		}
		here := calls[:0:0]
		for _, c := range calls {
			if c.err = c.ctx.Err(); c.err == nil {
				here = append(here, c)
			}
		}
		if len(here) > 0 {
			g.apply(here)
		}
		for _, c := range calls {
			close(c.done)
		}
	}
}

func (g *group) next() []*groupCall {
	g.mu.Lock()
	defer g.mu.Unlock()
	n := min(len(g.waiting), maxGroup)
	if n == 0 {
		g.running--
		return nil
	}
	calls := g.waiting[:n:n]
	g.waiting = g.waiting[n:]
	return calls
}

// namesOf are the names of all the calls, each once, in order.
func namesOf(calls []*groupCall) []string {
	if len(calls) == 1 {
		return calls[0].names
	}
	var all []string
	for _, c := range calls {
		all = append(all, c.names...)
	}
	return distinct(all)
}
