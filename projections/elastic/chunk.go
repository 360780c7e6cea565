package elastic

import (
	"context"
	"io"
)

// chunk is the body of one bulk request: items one after another. Its buffer is
// reused.
type chunk struct {
	body []byte
	// ends are the ends of the items in body.
	ends []int
}

func (c *chunk) reset() { c.body, c.ends = c.body[:0], c.ends[:0] }

// end closes the item that was appended to body.
func (c *chunk) end() { c.ends = append(c.ends, len(c.body)) }

// keep keeps only some items, given in ascending order.
func (c *chunk) keep(items []int) {
	kept := 0
	for n, i := range items {
		from := 0
		if i > 0 {
			from = c.ends[i-1]
		}
		kept += copy(c.body[kept:], c.body[from:c.ends[i]])
		c.ends[n] = kept
	}
	c.body, c.ends = c.body[:kept], c.ends[:len(items)]
}

// chunks lends a fixed number of chunks; a borrower waits if none is free. So the
// memory for writing is bounded, and a slow cluster slows down the writers.
type chunks struct {
	free chan *chunk
	// most is how much of a buffer is kept for the next use, in bytes.
	most int
}

func newChunks(n, bytes int) *chunks {
	c := &chunks{free: make(chan *chunk, n), most: 2 * bytes}
	for range n {
		c.free <- &chunk{}
	}
	return c
}

func (c *chunks) take(ctx context.Context) (*chunk, error) {
	select {
	case taken := <-c.free:
		taken.reset()
		return taken, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (c *chunks) give(back *chunk) {
	if cap(back.body) > c.most {
		back.body = nil
	}
	c.free <- back
}

// busy is how many are lent out.
func (c *chunks) busy() int { return cap(c.free) - len(c.free) }

// lent is a request body that tells when nobody reads it any more: the transport
// may do so briefly after it has returned an answer or an error.
type lent struct {
	rest []byte
	done chan struct{}
	// taken says that the transport got the body, which it always closes.
	taken bool
}

// wait returns once the lent chunk may be changed again.
func (l *lent) wait() {
	if l.taken {
		<-l.done
	}
}

func (l *lent) Read(p []byte) (int, error) {
	n := copy(p, l.rest)
	l.rest = l.rest[n:]
	if len(l.rest) == 0 {
		return n, io.EOF
	}
	return n, nil
}

func (l *lent) Close() error {
	select {
	case <-l.done:
	default:
		close(l.done)
	}
	return nil
}

// lend returns the chunk as the body of one request. The chunk must not be changed
// before wait has returned.
func (c *chunk) lend() *lent { return &lent{rest: c.body, done: make(chan struct{})} }
