package carry

import (
	"context"
	"iter"

	"accountledger/eventstore"
)

// pageSize is how many events are read at once.
const pageSize = 1024

// read yields the events after a position up to the end of the log as it is when it comes
// there. The next page is read while one is dealt with. What came before an error is yielded first.
func read(ctx context.Context, log eventstore.Store, after eventstore.Position) iter.Seq2[*eventstore.Recorded, error] {
	return func(yield func(*eventstore.Recorded, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		type page struct {
			events []eventstore.Recorded
			err    error
		}
		pages := make(chan page, 1)
		go func() {
			defer close(pages)
			for at := after; ; {
				p, err := log.ReadAll(ctx, at, pageSize)
				if err == nil && len(p.Events) == 0 && p.Checkpoint.Position.Compare(at) <= 0 {
					return
				}
				select {
				case pages <- page{p.Events, err}:
				case <-ctx.Done():
					return
				}
				if err != nil {
					return
				}
				at = p.Checkpoint.Position
			}
		}()
		for p := range pages {
			if p.err != nil {
				yield(nil, p.err)
				return
			}
			for i := range p.events {
				if !yield(&p.events[i], nil) {
					return
				}
			}
		}
		if err := ctx.Err(); err != nil {
			yield(nil, err)
		}
	}
}

// Events yields a log from its beginning to its end as it is when it comes there.
func Events(ctx context.Context, log eventstore.Store) iter.Seq2[*eventstore.Recorded, error] {
	return read(ctx, log, eventstore.Position{})
}

// Sum reads a whole log and gives its digest. see, which may be nil, is given each event; its error ends the reading.
func Sum(ctx context.Context, log eventstore.Store, see func(*eventstore.Recorded) error) (Digest, error) {
	var d Digest
	h := newHasher()
	for e, err := range Events(ctx, log) {
		if err != nil {
			return d, err
		}
		h.add(&d, h.leaf(e))
		if see != nil {
			if err := see(e); err != nil {
				return d, err
			}
		}
	}
	return d, nil
}

// SumTold is Sum with the progress of StageWalk.
func SumTold(ctx context.Context, log eventstore.Store, tell Progress, see func(*eventstore.Recorded) error) (Digest, error) {
	told, err := reading(ctx, log, StageWalk, tell)
	if err != nil {
		return Digest{}, err
	}
	return Sum(ctx, log, func(e *eventstore.Recorded) error {
		told(e.Position)
		return see(e)
	})
}
