package esdb

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	"accountledger/eventstore"
)

// Store implements eventstore.Store.
type Store struct {
	opts   Options
	log    *slog.Logger
	ctx    context.Context // ends when the store is closed and its appends are done
	cancel context.CancelFunc

	leader  *link    // appends and whatever must be as the leader has it
	readers *readers // subscriptions

	logID atomic.Pointer[uuid.UUID]
	count counters

	mu      sync.Mutex
	closed  bool
	appends sync.WaitGroup
	feeds   sync.WaitGroup // what Close ends and waits for
	heeding sync.Once
	once    sync.Once
}

var _ eventstore.Store = (*Store)(nil)

type counters struct {
	renewals, resumes, settled, resent atomic.Uint64
}

// Stats count since the store was opened.
type Stats struct {
	// Connections is how often a node was found, the first time included.
	Connections uint64
	// Renewals is how often a subscription was behind and silent, and was made anew.
	Renewals uint64
	// Resumes is how often a subscription was dropped and taken up again.
	Resumes uint64
	// Settled is how many appends lost their answer and were found out about by reading.
	Settled uint64
	// Resent is how many appends lost their answer and were sent once more.
	Resent uint64
}

// Open makes a store. It does not connect: the first call does, and each call finds out for itself
// whether the log can be reached. To fail early, ask for LogID. The error is ErrInvalid for a
// connection string that cannot be read, which is never repeated, and for options that are none.
func Open(opts Options) (*Store, error) {
	conf, err := parse(opts.Connection)
	if err != nil {
		return nil, err
	}
	opts.setDefaults(conf)
	if err := opts.check(); err != nil {
		return nil, err
	}
	s := &Store{opts: opts, log: opts.Logger}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	newLink := func(prefer client.NodePreference) *link {
		return &link{ctx: s.ctx, discover: discovery{conf, prefer}, log: s.log}
	}
	s.leader = newLink(client.NodePreferenceLeader)
	s.readers = &readers{make: func() *link { return newLink(conf.NodePreference) }}
	return s, nil
}

// Stats tells what has happened.
func (s *Store) Stats() Stats {
	return Stats{
		Connections: s.leader.found.Load() + s.readers.found(),
		Renewals:    s.count.renewals.Load(), Resumes: s.count.resumes.Load(),
		Settled: s.count.settled.Load(), Resent: s.count.resent.Load(),
	}
}

// Health is ErrFenced while the log is, as far as this store has heard.
func (s *Store) Health() error {
	n := s.leader.current()
	if n == nil {
		return nil
	}
	defer s.leader.release(n)
	if p := n.poll.Load(); p != nil && !p.fence.IsZero() {
		return eventstore.ErrFenced
	}
	return nil
}

// enter is called before anything else; the error is ctx's or ErrClosed.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return eventstore.ErrClosed
	}
	return nil
}

// begin is enter for what Close waits for.
func (s *Store) begin(ctx context.Context, group *sync.WaitGroup) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return eventstore.ErrClosed
	}
	group.Add(1)
	return nil
}

// within gives a context that ends with ctx, and when the store is closed.
func (s *Store) within(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(s.ctx, cancel)
	return ctx, func() { stop(); cancel() }
}

// asLeader has the call refused by every node but the leader. The client's own option for this
// sends nothing.
func asLeader(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

// tries is how often a read is tried when nodes come and go.
const tries = 6

// ask does something that can be repeated over a link, again while that may help. Do gets a
// context that ends with the store; its faults are *fault. The error is ctx's, ErrClosed or do's.
func (s *Store) ask(ctx context.Context, l *link, do func(context.Context, *node) error) error {
	pause := pauses()
	for try := 1; ; try++ {
		err := s.askOnce(ctx, l, do)
		var f *fault
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case s.ctx.Err() != nil:
			return eventstore.ErrClosed
		case !errors.As(err, &f) || !f.passing() || try == tries:
			return err
		}
		if err := pause.Wait(ctx); err != nil {
			return err
		}
	}
}

func (s *Store) askOnce(ctx context.Context, l *link, do func(context.Context, *node) error) error {
	ctx, cancel := s.within(ctx)
	defer cancel()
	n, err := l.acquire(ctx)
	if err != nil {
		return err
	}
	defer l.release(n)
	err = do(ctx, n)
	s.blame(ctx, l, n, err)
	return err
}

// blame gives a node up when a fault says that it is of no more use. A call that the caller ended says nothing.
func (s *Store) blame(ctx context.Context, l *link, n *node, err error) {
	var f *fault
	if errors.As(err, &f) && f.broken() && ctx.Err() == nil {
		l.giveUp(n, f.leader)
	}
}

// Close implements eventstore.Store.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		s.appends.Wait()
		s.cancel()
		s.feeds.Wait()
		s.leader.close()
		s.readers.close()
	})
	return nil
}
