package journal

import (
	"context"
	"iter"

	"accountledger/eventstore"
)

// Pages reads the log after a checkpoint up to its end as it is when it comes there, in pages of up to limit events. The
// next page is read while one is decoded and dealt with, and nothing else runs on when the caller stops. A page that Waits is the
// last; an error ends the sequence: ctx's, or the store's.
func (j *Journal) Pages(ctx context.Context, after Checkpoint, limit int) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		at := after
		for raw, err := range eventstore.Pages(ctx, j.store, after.Position, limit) {
			if err != nil {
				yield(Page{}, err)
				return
			}
			page := j.decodePage(ctx, at, raw, nil)
			if !yield(page, nil) || page.Waits != nil {
				return
			}
			at = page.Checkpoint
		}
	}
}
