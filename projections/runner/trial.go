package runner

import (
	"context"
	"errors"
	"slices"

	"accountledger/consumers"
	"accountledger/domain"
	"accountledger/journal"
)

// ErrNoEvent means that the log has no event of that id.
var ErrNoEvent = errors.New("runner: no such event in the log")

// Trial folds an event into a view's documents as the log makes them, in memory, and stores nothing. Nil says that the view
// can digest the event; a *consumers.EventError names the event that it cannot digest, which may be one before it; then the
// view does not even come to it. Other errors: ErrNoEvent, an *UnreadableError, ctx's, the log's.
//
// It reads the log twice from its beginning, and tells progress how many events of about how many were read.
func Trial(ctx context.Context, j *journal.Journal, d *Declaration, event domain.EventID, progress func(done, total int64)) error {
	head, err := j.Head(ctx)
	if err != nil {
		return err
	}
	total, _, err := j.Distance(ctx, journal.Position{}, head.Position)
	if err != nil {
		return err
	}
	t := trial{journal: j, event: event, end: head.Position, progress: func(done int64) { progress(min(done, 2*total), 2*total) }}
	var last journal.Record
	found, err := t.walk(ctx, func(r journal.Record) error { last = r; return nil })
	if err != nil {
		return err
	}
	if !found {
		return ErrNoEvent
	}
	f := newFolding(d, nil, everyPart, 1)
	touched, err := f.touched(ctx, []journal.Record{last})
	if err != nil {
		return err
	}
	for _, id := range touched[0].ids {
		f.docs[id] = nil
	}
	f.skips = consumers.NewSkips(j)
	_, err = t.walk(ctx, func(r journal.Record) error {
		if r.ID == event {
			f.skips = nil // it is tried whether or not it was skipped before
		}
		touched, err := f.touched(ctx, []journal.Record{r})
		if err != nil {
			return err
		}
		ours := slices.DeleteFunc(slices.Clone(touched[0].ids), func(id string) bool { _, ok := f.docs[id]; return !ok })
		return f.apply(ctx, 0, &r, ours)
	})
	return err
}

// trial walks the log up to an event.
type trial struct {
	journal  *journal.Journal
	event    domain.EventID
	end      journal.Position
	read     int64
	progress func(done int64)
}

// walk visits every event up to the one asked for, and says whether that was found before the end.
func (t *trial) walk(ctx context.Context, visit func(journal.Record) error) (bool, error) {
	found := false
	err := upTo(ctx, t.journal, journal.Checkpoint{}, t.end, pageMost, func(page journal.Page) (more bool, err error) {
		for _, r := range page.Records {
			if err := visit(r); err != nil {
				return false, err
			}
			if found = r.ID == t.event; found {
				return false, nil
			}
		}
		t.read += int64(len(page.Records))
		t.progress(t.read)
		return true, nil
	})
	return found, err
}
