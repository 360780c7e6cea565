package esdb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"

	"accountledger/eventstore"
)

// fenceCheck says whether an append checks the fence first. Only the adapter's own entries do not.
type fenceCheck bool

const (
	checkFence  fenceCheck = true
	ignoreFence fenceCheck = false
)

// poll is one node's answer about the fence.
type poll struct {
	at    time.Time // when it was asked
	fence eventstore.Fence
	void  bool // this store has changed the fence since
}

func (p *poll) fresh(life time.Duration) bool { return p != nil && !p.void && time.Since(p.at) <= life }

// learn keeps the answer to the latest question: answers may overtake each other.
func (n *node) learn(p *poll) {
	for {
		known := n.poll.Load()
		if known != nil && known.at.After(p.at) || n.poll.CompareAndSwap(known, p) {
			return
		}
	}
}

// errUnpolled: nobody knows whether the log is fenced, so nothing is appended.
var errUnpolled = fmt.Errorf("%w: the node did not say in time whether the log is fenced", eventstore.ErrUnavailable)

// unfenced is called before each attempt of an append: nil if the very node that is to take it was asked less than a
// look's life ago and said that there is no fence. Because it is the same node, an old answer is harmless: a node that was
// deposed without knowing may miss a fence, but it cannot commit an append either. How long the node takes to answer
// does not matter, as long as the look is still young when the append is sent. The error is ErrFenced, errUnpolled or a *fault.
func (s *Store) unfenced(ctx context.Context, n *node) error {
	p, err := s.lately(ctx, n)
	if err == nil && !p.fence.IsZero() {
		err = eventstore.ErrFenced
	}
	return err
}

// lately returns a node's answer if it is young enough, and otherwise asks it; of many appends, one asks.
func (s *Store) lately(ctx context.Context, n *node) (*poll, error) {
	life := s.opts.times.lookLife
	if p := n.poll.Load(); p.fresh(life) {
		return p, nil
	}
	select {
	case n.polling <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-n.polling }()
	if p := n.poll.Load(); p.fresh(life) {
		return p, nil
	}
	p, err := s.look(ctx, n)
	if err == nil && !p.fresh(life) {
		return nil, errUnpolled
	}
	return p, err
}

// look asks a node for the fence. A look that took longer than its own life is useless.
func (s *Store) look(ctx context.Context, n *node) (*poll, error) {
	begun := time.Now()
	within, cancel := context.WithTimeout(ctx, s.opts.times.lookLife)
	defer cancel()
	var last []entry
	err := s.read(asLeader(within), n, s.readEnd(FenceStream), func(e entry) error {
		last = append(last, e)
		return nil
	})
	var f *fault
	switch refused := errors.As(err, &f) && f.refused() && f.kind != kindNotLeader; {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case refused:
		n.refusal.Store(f)
		return nil, err
	case f != nil && (f.code == codes.DeadlineExceeded || f.code == codes.Canceled && within.Err() != nil):
		f.code = codes.DeadlineExceeded
		return nil, errors.Join(errUnpolled, f)
	case err != nil:
		return nil, err
	}
	n.refusal.Store(nil)
	fence, _, err := readFence(last)
	if err != nil {
		return nil, err
	}
	p := &poll{at: begun, fence: fence}
	n.learn(p)
	return p, nil
}
