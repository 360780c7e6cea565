package effects

import (
	"context"
	"errors"
	"sync"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/leases"
)

// Shared is a runtime where several processes could act: it acts while its process holds the lease of its name, and continues
// where the previous holder was, since the checkpoint is stored with the lease. No job is lost in between, and at most the
// attempts in flight are made twice. Run it by a runner with leases.
type Shared struct {
	options Options
	leases  *leases.Keeper

	mu  sync.Mutex
	now *Runtime // nil while another process acts
}

// NewShared makes a runtime that does nothing until it holds the lease. Close it after its runner.
func NewShared(o Options, k *leases.Keeper) *Shared { return &Shared{options: o, leases: k} }

// Consumer makes it one.
func (s *Shared) Consumer() consumers.Consumer {
	return consumers.Consumer{Name: s.options.Name, Checkpoint: s.Checkpoint, Handle: s.Handle, Recover: s.Recover, Stored: s.Stored,
		Lease: s.options.Name, Begin: s.Begin, End: s.End}
}

// Begin continues where the last holder of the lease was; the first holder starts at the head of the log.
func (s *Shared) Begin(ctx context.Context, lease *leases.Lease) error {
	r, err := open(ctx, s.options, inLease{lease})
	if err != nil {
		return err
	}
	go func() { // no new attempts once it is lost
		select {
		case <-lease.Lost():
			r.stop()
		case <-r.waiting.Done():
		}
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = r
	return nil
}

// End starts no more attempts and waits for those in progress until ctx ends.
func (s *Shared) End(ctx context.Context) {
	s.mu.Lock()
	r := s.now
	s.now = nil
	s.mu.Unlock()
	if r == nil {
		return
	}
	if err := r.Close(ctx); err != nil && !errors.Is(err, leases.ErrLost) {
		s.options.Log.Error("the checkpoint cannot be stored; the next process continues from an earlier one", "consumer", s.options.Name, "error", err.Error())
	}
}

func (s *Shared) runtime() (*Runtime, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return nil, leases.ErrLost
	}
	return s.now, nil
}

// Checkpoint is the runtime's.
func (s *Shared) Checkpoint(ctx context.Context) (journal.Checkpoint, error) {
	r, err := s.runtime()
	if err != nil {
		return journal.Checkpoint{}, err
	}
	return r.Checkpoint(ctx)
}

// Handle is the runtime's.
func (s *Shared) Handle(ctx context.Context, page journal.Page) error {
	r, err := s.runtime()
	if err != nil {
		return err
	}
	return r.Handle(ctx, page)
}

// Recover is the runtime's.
func (s *Shared) Recover(ctx context.Context, why error) error {
	r, err := s.runtime()
	if err != nil {
		return err
	}
	return r.Recover(ctx, why)
}

// Stored is the last saved checkpoint of the process that acts.
func (s *Shared) Stored(ctx context.Context) (at journal.Checkpoint, err error) {
	table, err := s.leases.Look(ctx)
	if err != nil {
		return at, err
	}
	row, ok := table.Find(s.options.Name)
	if !ok || row.Place == nil {
		return at, errNoCheckpoint
	}
	return DecodeCheckpoint(row.Place)
}

// Status is the runtime's status; zero while another process acts.
func (s *Shared) Status() Status {
	r, err := s.runtime()
	if err != nil {
		return Status{}
	}
	return r.Status()
}

// Close closes the runtime if it is still open.
func (s *Shared) Close(ctx context.Context) error {
	s.End(ctx)
	return nil
}
