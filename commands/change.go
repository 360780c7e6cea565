package commands

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/journal"
)

// change is one load-decide-append on one stream. Every change goes through it, but for the log of accesses, which appends the
// records of many requests at once.
//
// A conflict, because somebody else appended first, loads and decides again. A repeat under an Idempotency-Key is answered
// with what the first request appended, without a decision; a different request under the same key is refused.
type change[S state[S]] struct {
	stream source[S]
	about  func(S) about // nil if the events concern nobody
	// decide returns the events to append after head. It must not change the state. It may read more.
	decide func(ctx context.Context, s S, head journal.Head) ([]any, error)
	// mayKeep: decide may return no events. Nothing is then appended, so a repeat under the same Idempotency-Key does not find
	// the first request and is decided again, by the state as it is then. Without mayKeep no events are an error.
	mayKeep bool
	// new: the stream most likely does not exist, so the first try does not read it.
	new bool
	// always: a repeat is recorded again.
	always bool
}

// changed is the outcome of a change.
type changed[S any] struct {
	state S // afterwards
	// facts is what the change appended or, if it is a repeat, what the first request appended. Empty if nothing was to change.
	facts  []domain.Fact
	repeat bool
}

// source is where a change loads from.
type source[S state[S]] interface {
	called() string
	read(context.Context) (*snapshot[S], error)
	empty() *snapshot[S]
	extend(from *snapshot[S], done journal.Committed) (*snapshot[S], error)
}

// errNoEvents: a decision that must have events has none.
var errNoEvents = errors.New("commands: nothing was decided")

// by carries out the change for a call. One at a time changes a stream in this process, unless the call holds a stripe already.
func (c change[S]) by(ctx context.Context, k *call) (out changed[S], err error) {
	if !k.holds {
		unlock, waited := k.streams.lock(c.stream.called())
		defer unlock()
		if waited {
			ctx = again(ctx)
		}
	}
	fresh := c.new
	err = retry(ctx, func(ctx context.Context) error {
		from := c.stream.empty()
		if !fresh {
			var err error
			if from, err = c.stream.read(ctx); err != nil {
				return err
			}
		}
		fresh = false
		var err error
		out, err = c.once(ctx, k, from)
		return err
	})
	return out, err
}

// once tries once.
func (c change[S]) once(ctx context.Context, k *call, from *snapshot[S]) (out changed[S], err error) {
	out.state = from.state
	if !c.always {
		if out.facts, err = k.repeated(ctx, from.before(k.command)); len(out.facts) > 0 || err != nil {
			out.repeat = true
			return out, err
		}
	}
	events, err := c.decide(ctx, from.state, from.head)
	switch {
	case err != nil:
		return out, err
	case len(events) == 0 && !c.mayKeep:
		return out, errNoEvents
	case len(events) == 0:
		return out, nil
	}
	var concerns about
	if c.about != nil {
		concerns = c.about(from.state)
	}
	entries, err := k.entries(ctx, from.head, concerns, events...)
	if err != nil {
		return out, err
	}
	done, err := k.append(ctx, from.head, entries...)
	if err != nil {
		return out, err
	}
	k.position, out.facts = done.Position, done.Facts
	after, err := c.stream.extend(from, done)
	if err == nil {
		out.state = after.state
	}
	return out, err
}

// retry repeats a load-decide-append while others are quicker, reading everything again each time.
func retry(ctx context.Context, run func(context.Context) error) error {
	const tries = 50
	var err error
	for range tries {
		err = run(ctx)
		var conflict *journal.ConflictError
		if !errors.As(err, &conflict) || ctx.Err() != nil {
			return err
		}
		ctx = again(ctx)
	}
	return err
}

// concerning is the about of every event of a change.
func concerning[S any](a about) func(S) about { return func(S) about { return a } }

// ofAccount: events about an account concern its owner.
func ofAccount(a *domain.Account) about { return about{subject: a.ID, region: a.Region} }
