package commands

import (
	"context"

	"accountledger/domain"
	"accountledger/journal"
)

// opening collects the personal parts that an answer needs, to open them together: the vault is asked once, for just their keys.
type opening struct {
	parts []*journal.Opening
	shows []func()
}

// show adds a part; its value is passed to use once all are open. A part whose key is destroyed is passed as empty, as it
// should be after an erasure.
func show[T any](o *opening, f domain.Fact, p domain.Part[T], use func(T)) {
	v := new(T)
	o.parts = append(o.parts, journal.ToOpen(f, p, v))
	o.shows = append(o.shows, func() { use(*v) })
}

func (o *opening) open(ctx context.Context, j *journal.Journal) error {
	if err := j.OpenAll(ctx, o.parts...); err != nil {
		return err
	}
	for _, use := range o.shows {
		use()
	}
	return nil
}
