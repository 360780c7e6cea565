package transfer

import (
	"context"
	"iter"

	"accountledger/eventstore"
)

// pageSize is how many events are read at once.
const pageSize = 1024

// read yields the events after a position up to the end of the log at the time it gets
// there. The next page is read while one is processed. What came before an error is yielded first.
func read(ctx context.Context, log eventstore.Store, after eventstore.Position) iter.Seq2[*eventstore.Recorded, error] {
	return func(yield func(*eventstore.Recorded, error) bool) {
		for page, err := range eventstore.Pages(ctx, log, after, pageSize) {
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page.Events {
				if !yield(&page.Events[i], nil) {
					return
				}
			}
		}
	}
}

// Events yields a log from its beginning to its end at the time it gets there.
func Events(ctx context.Context, log eventstore.Store) iter.Seq2[*eventstore.Recorded, error] {
	return read(ctx, log, eventstore.Position{})
}

// Sum reads a whole log and returns its digest. see, which may be nil, gets each event; its error ends the reading.
func Sum(ctx context.Context, log eventstore.Store, see func(*eventstore.Recorded) error) (Digest, error) {
	var d Digest
	h := newHasher()
	for e, err := range Events(ctx, log) {
		if err != nil {
			return d, err
		}
		h.add(&d, h.entry(e))
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
