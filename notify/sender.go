package notify

import (
	"context"
	"strings"

	"accountledger/consumers/effects"
	"accountledger/domain"
	"accountledger/journal"
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

// find gives the message that an event asks for, or ends a delivery that an earlier run left.
func (s *sender) find(r journal.Record, earlier bool) (effects.Start, error) {
	if err := s.forget(r.Fact); err != nil {
		return effects.Start{}, err
	}
	if ask, ok := r.Asks(); ok {
		return effects.Start{Job: &job{sender: s, cause: r.Fact, ask: ask}}, nil
	}
	if _, ok := r.Event.(domain.DeliveryAttempted); ok && earlier {
		return effects.Start{Job: &leftover{job{sender: s, cause: r.Fact}}, After: r.Causation}, nil
	}
	return effects.Start{}, nil
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

// leftover is a delivery that an earlier run started and that has nothing left to send. Its address is not known any more, and is
// not needed.
type leftover struct{ job }

// Next ends the delivery.
func (l *leftover) Next(ctx context.Context) (*effects.Attempt, error) {
	j := &l.job
	if j.outcome != nil {
		return nil, j.record(ctx)
	}
	id, ok := domain.ParseID(strings.TrimPrefix(j.cause.Stream, "delivery-"))
	if !ok {
		return nil, effects.ErrEnded
	}
	d, err := j.load(ctx, domain.DeliveryID{UUID: id})
	if err != nil {
		return nil, err
	}
	if d.state.Ended() {
		return nil, effects.ErrEnded
	}
	j.delivery, j.origin = d, j.cause.Correlation
	return nil, j.end(ctx, domain.DeliveryFailed{Failure: domain.FailExpired}, Expired)
}
