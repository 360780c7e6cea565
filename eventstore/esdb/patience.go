package esdb

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"

	"accountledger/eventstore"
)

// errLate is the cause of a context that ended because a request took too long.
var errLate = errors.New("esdb: no answer in time")

// patience ends a context when the server has sent nothing for the time of a call, over all attempts of a request together.
// The reader's own time is not counted.
type patience struct {
	limit time.Duration
	timer *time.Timer
}

type patienceKey struct{}

// patient returns a context for a request with that limit, unless there is one already: an attempt then shares the
// request's. It ends with the store too.
func (s *Store) patient(ctx context.Context) (context.Context, *patience, context.CancelFunc) {
	if p, ok := ctx.Value(patienceKey{}).(*patience); ok {
		return ctx, p, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(eventstore.ErrClosed) })
	p := &patience{s.opts.CallTimeout, time.AfterFunc(s.opts.CallTimeout, func() { cancel(errLate) })}
	return context.WithValue(ctx, patienceKey{}, p), p, func() { p.rest(); stop(); cancel(context.Canceled) }
}

// rest stops the clock: an answer has come, and its reader is busy.
func (p *patience) rest() { p.timer.Stop() }

// renew starts the clock again.
func (p *patience) renew() { p.timer.Reset(p.limit) }

// bounded returns a context that ends after a limit, with the cause errLate, and with the store, with ErrClosed.
func (s *Store) bounded(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	stop := context.AfterFunc(s.ctx, func() { cancel(eventstore.ErrClosed) })
	timer := time.AfterFunc(limit, func() { cancel(errLate) })
	return ctx, func() { timer.Stop(); stop(); cancel(context.Canceled) }
}

// ended returns why a context of patient or bounded ended, for the caller: the caller's own error, ErrClosed, or a *fault.
func ended(ctx, caller context.Context, doing string) error {
	switch cause := context.Cause(ctx); {
	case caller.Err() != nil:
		return caller.Err()
	case errors.Is(cause, eventstore.ErrClosed):
		return eventstore.ErrClosed
	}
	return &fault{code: codes.DeadlineExceeded, doing: doing}
}
