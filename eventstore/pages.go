package eventstore

import (
	"context"
	"iter"
)

// Pages reads a log after a position to its end at the time it gets there, in pages of up to limit events. The next
// page is read while the caller handles one; nothing is read any more once the sequence has ended or the caller has
// stopped. An error is the last thing it yields: ctx's, or the store's.
func Pages(ctx context.Context, s Store, after Position, limit int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		pages := make(chan ahead)
		go readAhead(ctx, s, after, limit, pages)
		defer func() {
			cancel()
			for range pages { // until the reader has ended
			}
		}()
		for next := range pages {
			if !yield(next.page, next.err) || next.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Page{}, err)
		}
	}
}

// ahead is a page, or why there is none.
type ahead struct {
	page Page
	err  error
}

// readAhead sends pages until the log ends or cannot be read, or ctx ends.
func readAhead(ctx context.Context, s Store, at Position, limit int, to chan<- ahead) {
	defer close(to)
	for {
		page, err := s.ReadAll(ctx, at, limit)
		if err == nil && page.Checkpoint.Position.Compare(at) <= 0 {
			return
		}
		select {
		case to <- ahead{page, err}:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		at = page.Checkpoint.Position
	}
}
