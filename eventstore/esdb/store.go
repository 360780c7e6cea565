package esdb

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	"accountledger/eventstore"
)

// Store implements eventstore.Store.
type Store struct {
	opts   Options
	user   string // the server's, for errors
	log    *slog.Logger
	ctx    context.Context // ends when the store is closed and its appends are done
	cancel context.CancelFunc

	leader  *link    // appends, and whatever only the leader may answer
	readers *readers // subscriptions

	logID  atomic.Pointer[uuid.UUID]
	known  acknowledged
	denied atomic.Pointer[denial]
	count  counters

	mu       sync.Mutex
	closed   bool
	appends  sync.WaitGroup
	feeds    sync.WaitGroup // what Close ends and waits for
	watching sync.Once
	once     sync.Once
}

var _ eventstore.Store = (*Store)(nil)

type counters struct {
	renewals, resumes, resolved, resent atomic.Uint64
}

// Stats are counted since the store was opened.
type Stats struct {
	// Connections is how often a node was found, the first time included.
	Connections uint64
	// Renewals is how often a subscription was behind and silent, and was replaced.
	Renewals uint64
	// Resumes is how often a subscription was dropped and resumed.
	Resumes uint64
	// Resolved is how many appends lost their answer and were resolved by reading.
	Resolved uint64
	// Resent is how many appends lost their answer and were sent again.
	Resent uint64
}

// Open creates a store. It does not connect: the first call does, and each call finds out for itself
// whether the log can be reached. To fail early, ask for LogID. The error is ErrInvalid for invalid options, and for a
// connection string that cannot be parsed, which it never repeats.
func Open(opts Options) (*Store, error) {
	conf, err := parse(opts.Connection)
	if err != nil {
		return nil, err
	}
	opts.setDefaults(conf)
	if err := opts.check(); err != nil {
		return nil, err
	}
	s := &Store{opts: opts, user: conf.user, log: opts.Logger}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	newLink := func(use string, prefer preference) *link {
		patient := conf.answer
		if patient == 0 {
			patient = opts.CallTimeout
		}
		d := discovery{conf: conf, prefer: prefer, resolve: opts.Resolver, patient: patient}
		d.check = d.answers
		return &link{ctx: s.ctx, discover: d, use: use, limit: opts.CallTimeout, damage: s.known.damage, log: s.log}
	}
	s.leader = newLink("appends and reads", preferLeader)
	s.leader.discover.check = func(ctx context.Context, n *node) error {
		if _, err := s.look(ctx, n); err != nil {
			return err
		}
		return s.isThere(ctx, n)
	}
	s.readers = &readers{make: func() *link { return newLink("subscriptions", conf.prefer) }}
	return s, nil
}

// Stats returns the store's counters.
func (s *Store) Stats() Stats {
	return Stats{
		Connections: s.leader.found.Load() + s.readers.found(),
		Renewals:    s.count.renewals.Load(), Resumes: s.count.resumes.Load(),
		Resolved: s.count.resolved.Load(), Resent: s.count.resent.Load(),
	}
}

// Health reports, without any request, why nothing can be appended or read: an *eventstore.OutageError if
// no node answers, ErrFenced, or what the server denies: a look at the fence, or the last append.
func (s *Store) Health() error {
	if err := s.known.damage(); err != nil {
		return err
	}
	if err := s.leader.health(s.opts.times.silence); err != nil {
		return err
	}
	n := s.leader.current()
	if n == nil {
		return nil
	}
	defer s.leader.release(n)
	if f := n.refusal.Load(); f != nil {
		return f
	}
	if p := n.poll.Load(); p != nil && !p.fence.IsZero() {
		return eventstore.ErrFenced
	}
	if d := s.denied.Load(); d != nil {
		return d.fault
	}
	return nil
}

// enter must be called before anything else; the error is ctx's, ErrClosed, or says what the log has lost.
func (s *Store) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return eventstore.ErrClosed
	}
	return s.known.damage()
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
	if err := s.known.damage(); err != nil {
		return err
	}
	group.Add(1)
	return nil
}

// asLeader makes every node but the leader refuse the call. The client's own option for this
// sends nothing.
func asLeader(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "requires-leader", "true")
}

// Close implements eventstore.Store. Appends that have not ended in 5 s are cut off: their callers get an unknown outcome,
// or that the store is closed.
func (s *Store) Close() error {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.mu.Unlock()
		hurry := time.AfterFunc(s.opts.times.close, s.cancel)
		s.appends.Wait()
		hurry.Stop()
		s.cancel()
		s.feeds.Wait()
		s.leader.close()
		s.readers.close()
	})
	return nil
}
