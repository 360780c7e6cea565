package journal

import (
	"context"
	"iter"

	"accountledger/eventstore"
)

// Pages reads the log after a checkpoint up to its end as it is then, in pages of so many events. The next page is
// read while one is decoded and dealt with, and nothing else runs on when the caller stops. A page that Waits is the last; an error
// ends the sequence: ctx's, or the store's.
func (j *Journal) Pages(ctx context.Context, after Checkpoint, limit int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		raws := j.readAhead(ctx, after, limit)
		defer func() {
			cancel()
			for range raws { // until it has ended
			}
		}()
		for at := after; ; {
			raw, ok := <-raws
			if !ok {
				raw.err = ctx.Err()
			}
			if raw.err != nil {
				yield(Page{}, raw.err)
				return
			}
			if !raw.goesOn(at) {
				return
			}
			page := j.decodePage(at, raw.page, nil)
			if !yield(page, nil) || page.Waits != nil {
				return
			}
			at = page.Checkpoint
		}
	}
}

// rawPage is a page that is not decoded yet, or why there is none.
type rawPage struct {
	page eventstore.Page
	err  error
}

func (r rawPage) goesOn(from Checkpoint) bool {
	return r.page.Checkpoint.Position.Compare(from.Position) > 0
}

// readAhead hands out pages until one is empty or fails, and closes the channel then, or when ctx ends.
func (j *Journal) readAhead(ctx context.Context, after Checkpoint, limit int) <-chan rawPage {
	raws := make(chan rawPage)
	go func() {
		defer close(raws)
		for at := after; ; {
			page, err := j.store.ReadAll(ctx, at.Position, limit)
			select {
			case raws <- rawPage{page, err}:
			case <-ctx.Done():
				return
			}
			if err != nil || !(rawPage{page: page}).goesOn(at) {
				return
			}
			at = page.Checkpoint
		}
	}()
	return raws
}
