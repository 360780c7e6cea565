package commands

import (
	"context"
	"errors"
	"sync"
)

// reads holds the streams read for one request, and its presumed caller.
type reads struct {
	presumed *presumed
	mu       sync.Mutex
	by       map[string]*reading
}

// reading is a read of a stream for one request.
type reading struct {
	done chan struct{}
	kept any // the stream's state in folded
	err  error
}

type readsKey struct{}

func readsOf(ctx context.Context) *reads {
	r, _ := ctx.Value(readsKey{}).(*reads)
	return r
}

// Once makes a context for one request: each stream is read at most once under it, and after the request arrived.
func Once(ctx context.Context) context.Context {
	return context.WithValue(ctx, readsKey{}, &reads{by: map[string]*reading{}})
}

// again makes a context under which everything is read again, because others were quicker.
func again(ctx context.Context) context.Context {
	r := readsOf(ctx)
	if r == nil {
		return ctx
	}
	return context.WithValue(ctx, readsKey{}, &reads{presumed: r.presumed, by: map[string]*reading{}})
}

// appended forgets the read of a stream that is appended to.
func appended(ctx context.Context, stream string) {
	if r := readsOf(ctx); r != nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		delete(r.by, stream)
	}
}

// once reads a stream unless this request already has; if it is being read, it waits.
func once[K any](ctx context.Context, stream string, read func() (K, error)) (K, error) {
	r := readsOf(ctx)
	if r == nil {
		return read()
	}
	for {
		r.mu.Lock()
		one, known := r.by[stream]
		if !known {
			one = &reading{done: make(chan struct{})}
			r.by[stream] = one
		}
		r.mu.Unlock()
		if !known {
			return lead(r, one, stream, read)
		}
		var none K
		select {
		case <-one.done:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if one.err == nil {
			return one.kept.(K), nil // streams of one kind are kept by one folded
		}
		rethrow(one.err)
		if ended := errors.Is(one.err, context.Canceled) || errors.Is(one.err, context.DeadlineExceeded); !ended || ctx.Err() != nil {
			return none, one.err
		}
	}
}

// lead does the read. A failed one is not remembered.
func lead[K any](r *reads, one *reading, stream string, read func() (K, error)) (k K, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = panicOf(p)
		}
		one.kept, one.err = k, err
		if err != nil {
			r.mu.Lock()
			if r.by[stream] == one {
				delete(r.by, stream)
			}
			r.mu.Unlock()
		}
		close(one.done)
		rethrow(err)
	}()
	return read()
}
