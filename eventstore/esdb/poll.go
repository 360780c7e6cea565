package esdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"accountledger/eventstore"
)

// heed says whether an append asks for the fence first. Only the adapter's own entries do not.
type heed bool

const (
	heedful  heed = true
	heedless heed = false
)

// poll is what one node said of the fence.
type poll struct {
	at    time.Time // when it was asked
	fence eventstore.Fence
}

func (p *poll) fresh() bool { return p != nil && time.Since(p.at) <= pollLife }

// errUnpolled: nobody knows whether the log is fenced, so nothing is appended.
var errUnpolled = fmt.Errorf("%w: the node did not say in time whether the log is fenced", eventstore.ErrUnavailable)

// unfenced is asked before each try of an append: nil when the very node that is to take it has said within pollLife
// that no fence stands. That it is the same node makes an old answer harmless: a node that was deposed and does not
// know may say that there is no fence when there is one, and it cannot commit an append. The error is ErrFenced, errUnpolled or a *fault.
func (s *Store) unfenced(ctx context.Context, n *node) error {
	p, err := s.lately(ctx, n)
	if err == nil && !p.fence.IsZero() {
		err = eventstore.ErrFenced
	}
	return err
}

// lately gives what a node said within pollLife, and asks it when it said nothing; of many appends, one asks.
func (s *Store) lately(ctx context.Context, n *node) (*poll, error) {
	if p := n.poll.Load(); p.fresh() {
		return p, nil
	}
	select {
	case n.polling <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-n.polling }()
	if p := n.poll.Load(); p.fresh() {
		return p, nil
	}
	return s.look(ctx, n)
}

// look asks a node for the fence.
func (s *Store) look(ctx context.Context, n *node) (*poll, error) {
	begun := time.Now()
	within, cancel := context.WithTimeout(ctx, pollLife)
	defer cancel()
	var last []entry
	err := s.read(asLeader(within), n, s.readStreamFrom(FenceStream, eventstore.Backwards, eventstore.End, 1), func(e entry) error {
		last = append(last, e)
		return nil
	})
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	var f *fault
	if errors.As(err, &f) && f.code == codes.DeadlineExceeded {
		return nil, errors.Join(errUnpolled, err)
	}
	if err != nil {
		return nil, err
	}
	fence, _, err := readFence(last)
	if err != nil {
		return nil, err
	}
	p := &poll{begun, fence}
	n.poll.Store(p)
	return p, nil
}

// heedFence looks at the fence again and again while the store is open, so that appends need not. It begins with the
// first append: a store that only reads does not care.
func (s *Store) heedFence() {
	s.heeding.Do(func() {
		s.feeds.Add(1)
		go func() {
			defer s.feeds.Done()
			ticker := time.NewTicker(pollEvery)
			defer ticker.Stop()
			for {
				select {
				case <-ticker.C:
					s.lookAgain()
				case <-s.ctx.Done():
					return
				}
			}
		}()
	})
}

// lookAgain asks the node that appends go to, if there is one.
func (s *Store) lookAgain() {
	n := s.leader.current()
	if n == nil {
		return
	}
	defer s.leader.release(n)
	if _, err := s.look(s.ctx, n); err != nil {
		s.blame(s.ctx, s.leader, n, err)
	}
}
