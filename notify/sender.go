package notify

import (
	"context"

	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/leases"
)

// Name is the name of the consumer that sends messages, and of its lease.
const Name = "notify"

// sender makes the jobs of the log's events.
type sender struct{ Options }

// Open makes the consumer that sends messages, alone in its data folder. Close it.
func Open(ctx context.Context, o Options) (*effects.Runtime, error) {
	return effects.Open(ctx, runtimeOptions(o))
}

// NewShared makes the consumer that sends messages while its process holds the lease.
func NewShared(o Options, k *leases.Keeper) *effects.Shared {
	return effects.NewShared(runtimeOptions(o), k)
}

func runtimeOptions(o Options) effects.Options {
	o.setDefaults()
	s := &sender{o}
	return effects.Options{Name: Name, Journal: o.Journal, Log: o.Log, Now: o.Now, Find: s.find, Path: o.Path, Wait: o.Wait, Fault: o.Fault,
		Workers: o.Senders, Pending: o.Pending, Timeout: o.SendTimeout, SaveEvery: o.SaveEvery}
}

// find gives the messages about an event.
func (s *sender) find(f domain.Fact) (effects.Job, error) {
	if err := s.forget(f); err != nil {
		return nil, err
	}
	asked, asks := f.Asks()
	_, alerts := f.Alert()
	switch {
	case alerts:
		all := &several{sender: s, cause: f}
		if asks {
			all.add(asked)
		}
		return all, nil
	case asks:
		return &job{sender: s, cause: f, asked: asked}, nil
	}
	return nil, nil
}

// forget tells a transport that keeps messages that a person or a lapsed sign-up is gone.
func (s *sender) forget(f domain.Fact) error {
	keeps, ok := s.Transport.(Forgetter)
	if !ok {
		return nil
	}
	switch f.Event.(type) {
	case domain.SignUpLapsed:
		request := domain.SignUp{Fact: domain.Fact{ID: f.Correlation}}
		return keeps.Forget(request.AccountOf())
	case domain.ErasureCompleted:
		return keeps.Forget(f.Subject)
	}
	return nil
}
