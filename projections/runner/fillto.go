package runner

import (
	"context"

	"accountledger/consumers"
	"accountledger/journal"
)

// FillTo brings a generation that was filled before to a place in the log, and no further: so that its documents are those
// that a consumer had stored there. One that is at the place or after it stays as it is. Errors: those of Fill.
func FillTo(ctx context.Context, j *journal.Journal, to int64, f *Filling) error {
	for f.at.Position.Int64() < to {
		page, err := j.ReadAll(ctx, f.at, f.folding.limits.page)
		if err != nil {
			return err
		}
		n := 0
		for n < len(page.Records) && page.Records[n].Position.Int64() <= to {
			n++
		}
		if n == 0 {
			return nil
		}
		pages := make(chan journal.Page, 1)
		pages <- consumers.Part(page, 0, n)
		close(pages)
		if err := f.run(ctx, j, pages); err != nil {
			return err
		}
	}
	return nil
}
