package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"accountledger/journal"
	"accountledger/leases"
)

// LeaseName is the lease that whoever sends messages holds.
const LeaseName = "notify"

// Shared is the consumer that sends messages where several processes could: it does while its process holds the lease, and
// goes on where the holder before stood, as the checkpoint goes with the lease. Nothing that was asked for in between
// is lost, and at most what was under way is sent once more. Run it by a runner with leases.
type Shared struct {
	options Options
	leases  *leases.Keeper

	mu  sync.Mutex
	now *Notifier // nil while another process sends
}

// NewShared makes a notifier that sends nothing before it holds the lease. Close it after its runner.
func NewShared(o Options, k *leases.Keeper) *Shared { return &Shared{options: o, leases: k} }

// Name is the consumer's.
func (s *Shared) Name() string { return "notify" }

// Lease is the consumer's.
func (s *Shared) Lease() string { return LeaseName }

// Begin goes on where the last holder of the lease stood; the first one begins at the head of the log.
func (s *Shared) Begin(ctx context.Context, lease *leases.Lease) error {
	n, err := open(ctx, s.options, inLease{lease})
	if err != nil {
		return err
	}
	go func() { // no new tries from the moment it is lost
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

// End begins no more tries and waits for those under way until ctx ends.
func (s *Shared) End(ctx context.Context) {
	s.mu.Lock()
	n := s.now
	s.now = nil
	s.mu.Unlock()
	if n == nil {
		return
	}
	if err := n.Close(ctx); err != nil && !errors.Is(err, leases.ErrLost) {
		s.options.Log.Error("messages: the checkpoint cannot be stored; the next one to send reads from an earlier one", "error", err.Error())
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

// Stored is where whoever sends stands, as far as it was saved.
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

// Status tells how the notifier is; the zero one while another process sends.
func (s *Shared) Status() Status {
	n, err := s.notifier()
	if err != nil {
		return Status{}
	}
	return n.Status()
}

// Close ends what is left of it.
func (s *Shared) Close(ctx context.Context) error {
	s.End(ctx)
	return nil
}

// markLook is how often MarkStart looks whether whoever holds the lease has begun.
const markLook = 50 * time.Millisecond

// MarkStart says that messages asked for from now on are to be sent, unless that was said before: for a process that takes
// requests and may run before the first that sends messages. When it returns nil, the place where sending begins is stored.
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

// markHead stores the head of the log as the place where sending begins, unless there is one.
func markHead(ctx context.Context, j *journal.Journal, lease *leases.Lease) error {
	if lease.Place() != nil {
		return nil
	}
	head, err := j.Head(ctx)
	if err != nil {
		return err
	}
	if head.Log, err = j.LogID(ctx); err != nil { // an empty log's head does not name it
		return err
	}
	return inLease{lease}.save(head)
}
