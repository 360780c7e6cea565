package esdb

import (
	"context"
	"errors"

	"accountledger/eventstore"
)

// done returns the positions of the batches up to the first that is not known to be in the log in its order, and why it is not.
func (o *ordered) done(ctx context.Context, broken error) (done []eventstore.Appended, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	done = make([]eventstore.Appended, 0, len(o.batches))
	for i := 0; i < len(o.batches) && err == nil; i++ {
		var a eventstore.Appended
		if a, err = o.outcome(ctx, i, broken); err == nil {
			done = append(done, a)
		}
	}
	inOrder := o.inOrder(done)
	if inOrder < len(done) {
		err = eventstore.ErrOutOfOrder
	}
	return done[:inOrder], err
}

// inOrder is how many of the first batches are before all those sent after them.
func (o *ordered) inOrder(done []eventstore.Appended) int {
	var least eventstore.Position // of the later ones
	before := func(p eventstore.Position) bool { return least.IsZero() || p.Compare(least) < 0 }
	for i := len(o.sent) - 1; i >= len(done); i-- {
		if a := o.answers[i]; a != nil && a.err == nil && before(a.appended.Position) {
			least = a.appended.Position
		}
	}
	n := len(done)
	for i := len(done) - 1; i >= 0; i-- {
		if before(done[i].Position) {
			least = done[i].Position
		} else {
			n = i
		}
	}
	return n
}

func (o *ordered) outcome(ctx context.Context, i int, broken error) (eventstore.Appended, error) {
	var f *fault
	switch a := o.answers[i]; {
	case a != nil:
		return o.resolve(ctx, &o.batches[i], a)
	case i >= len(o.sent) && o.stop != nil:
		return eventstore.Appended{}, o.stop
	case i >= len(o.sent) && broken != nil:
		return eventstore.Appended{}, broken
	case i >= len(o.sent):
		return eventstore.Appended{}, errUnsent
	case !o.expired && errors.As(broken, &f) && f.refused() && f.kind != kindNotLeader:
		return eventstore.Appended{}, f
	}
	return eventstore.Appended{}, eventstore.ErrUnknownOutcome
}

// resolve checks the stream when a version was wrong: the events may already be there.
func (o *ordered) resolve(ctx context.Context, b *eventstore.Batch, a *answer) (eventstore.Appended, error) {
	var conflict *eventstore.ConflictError
	if !errors.As(a.err, &conflict) {
		return a.appended, a.err
	}
	one := &appending{Store: o.Store, stream: b.Stream, expected: b.Expected, events: b.Events, fence: checkFence, pause: pauses()}
	appended, err := one.refused(ctx, conflict.Actual)
	if errors.Is(err, errAgain) {
		err = eventstore.ErrUnknownOutcome
	}
	return appended, err
}
