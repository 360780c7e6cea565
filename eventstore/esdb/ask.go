package esdb

import (
	"context"
	"errors"
	"time"

	"google.golang.org/grpc/codes"
)

// ask runs an operation that can be repeated over a link, and retries it while that may help and there is time. do gets a
// context that ends with the store, or when the time is up; its faults are *fault. The error is ctx's, ErrClosed, do's, or
// wraps ErrUnavailable.
func (s *Store) ask(ctx context.Context, l *link, do func(context.Context, *node) error) error {
	s.watchNode()
	within, _, cancel := s.patient(ctx)
	defer cancel()
	pause := pauses()
	doing := "finding a node"
	for {
		err := s.askOnce(within, l, do)
		f, known := faultOf(err)
		if known && f.doing != "" {
			doing = f.doing
		}
		switch {
		case err == nil:
			return nil
		case within.Err() != nil:
			return ended(within, ctx, doing)
		case !known || !f.passing():
			return err
		}
		if pause.Wait(within) != nil {
			return ended(within, ctx, doing)
		}
	}
}

func (s *Store) askOnce(ctx context.Context, l *link, do func(context.Context, *node) error) error {
	n, err := l.acquire(ctx)
	if err != nil {
		return err
	}
	defer l.release(n)
	err = do(ctx, n)
	s.blame(ctx, l, n, err)
	return err
}

// blame gives up a node if a fault shows that it is unusable. A call that the caller ended shows nothing; one
// that took too long does.
func (s *Store) blame(ctx context.Context, l *link, n *node, err error) {
	f, known := faultOf(err)
	late := errors.Is(context.Cause(ctx), errLate)
	if !known || !f.broken() || ctx.Err() != nil && !late {
		return
	}
	since := time.Now()
	if late || f.code == codes.DeadlineExceeded {
		since = n.wire.last()
	}
	l.giveUp(n, f.leader, since)
}
