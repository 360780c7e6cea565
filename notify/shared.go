package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/journal"
	"accountledger/leases"
)

// LeaseName is the lease of the process that sends messages.
const LeaseName = "notify"

// Shared is the consumer that sends messages where several processes could: it sends while its process holds the lease, and
// continues where the previous holder was, since the checkpoint is stored with the lease. No message is lost in between, and
// at most the messages in flight are sent twice. Run it by a runner with leases.
type Shared struct {
	options Options
	leases  *leases.Keeper

	mu  sync.Mutex
	now *Notifier // nil while another process sends
}

// NewShared makes a notifier that sends nothing until it holds the lease. Close it after its runner.
func NewShared(o Options, k *leases.Keeper) *Shared { return &Shared{options: o, leases: k} }

// Name is the consumer's.
func (s *Shared) Name() string { return "notify" }

// Lease is the consumer's.
func (s *Shared) Lease() string { return LeaseName }

// Begin continues where the last holder of the lease was; the first holder starts at the head of the log.
func (s *Shared) Begin(ctx context.Context, lease *leases.Lease) error {
	n, err := open(ctx, s.options, inLease{lease})
	if err != nil {
		return err
	}
	go func() { // no new tries once it is lost
		select {
		case <-lease.Lost():
			n.stop()
		case <-n.waiting.Done():
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = n
	return nil
}

// End starts no more tries and waits for those in progress until ctx ends.
func (s *Shared) End(ctx context.Context) {
	s.mu.Lock()
	n := s.now
	s.now = nil
	s.mu.Unlock()
	if n == nil {
		return
	}
	if err := n.Close(ctx); err != nil && !errors.Is(err, leases.ErrLost) {
		s.options.Log.Error("messages: the checkpoint cannot be stored; the next process continues from an earlier one", "error", err.Error())
	}
}

func (s *Shared) notifier() (*Notifier, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return nil, leases.ErrLost
	}
	return s.now, nil
}

// Checkpoint is the notifier's.
func (s *Shared) Checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	n, err := s.notifier()
	if err != nil {
		return journal.Checkpoint{}, err
	}
	return n.Checkpoint(ctx)
}

// Handle is the notifier's.
func (s *Shared) Handle(ctx context.Context, page journal.Page) error {
	n, err := s.notifier()
	if err != nil {
		return err
	}
	return n.Handle(ctx, page)
}

// Recover is the notifier's.
func (s *Shared) Recover(ctx context.Context, why error) error {
	n, err := s.notifier()
	if err != nil {
		return err
	}
	return n.Recover(ctx, why)
}

// Stored is the last saved checkpoint of the process that sends.
func (s *Shared) Stored(ctx context.Context) (at journal.Checkpoint, err error) {
	table, err := s.leases.Look(ctx)
	if err != nil {
		return at, err
	}
	row, ok := table.Find(LeaseName)
	if !ok || row.Place == nil {
		return at, errNoCheckpoint
	}
	return DecodeCheckpoint(row.Place)
}

// Status is the notifier's status; zero while another process sends.
func (s *Shared) Status() Status {
	n, err := s.notifier()
	if err != nil {
		return Status{}
	}
	return n.Status()
}

// Close closes the notifier if it is still open.
func (s *Shared) Close(ctx context.Context) error {
	s.End(ctx)
	return nil
}

// markLook is how often MarkStart checks whether the lease's holder has started.
const markLook = 50 * time.Millisecond

// MarkStart makes sure that messages requested from now on are sent: for a process that serves requests and may run before the first
// process that sends messages. When it returns nil, the position where sending starts is stored. Repeating it changes nothing.
func MarkStart(ctx context.Context, j *journal.Journal, k *leases.Keeper) error {
	tick := time.NewTicker(markLook)
	defer tick.Stop()
	for {
		lease, err := k.Acquire(ctx, LeaseName)
		if err == nil {
			return errors.Join(markHead(ctx, j, lease), lease.Release(ctx))
		}
		if !errors.Is(err, leases.ErrHeld) {
			return err
		}
		table, err := k.Look(ctx)
		if err != nil {
			return err
		}
		if row, _ := table.Find(LeaseName); row.Place != nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// markHead stores the head of the log as the position where sending starts, unless there is one already.
func markHead(ctx context.Context, j *journal.Journal, lease *leases.Lease) error {
	if lease.Place() != nil {
		return nil
	}
	head, err := j.Head(ctx)
	if err != nil {
		return err
	}
	if head.Log, err = j.LogID(ctx); err != nil { // the head of an empty log does not name the log
		return err
	}
	return inLease{lease}.save(head)
}
