package operate

import (
	"context"
	"errors"

	"accountledger/domain"
	"accountledger/eventstore"
	"accountledger/journal"
)

var (
	errReadable = &domain.Error{Kind: domain.Conflict, Code: "event_readable",
		Message: "The event can be read. Only one that no ledger wrote, or whose bytes are damaged, is passed over by everything; for one that a view cannot " +
			"digest name the view before it."}
	errNewer = &domain.Error{Kind: domain.Conflict, Code: "event_newer", Message: "A newer program wrote this event. It is not skipped: start that program."}
)

// unreadable is nil when nobody can read an event: no ledger wrote it, or its bytes are damaged. It is looked for where consumers
// wait, and otherwise in the whole log, which is reported as progress.
func (o *call) unreadable(ctx context.Context, event domain.EventID) error {
	waiting, _ := o.Conditions(ctx) // without them the whole log is read
	for _, c := range waiting {
		if c.Unreadable == event {
			return nil
		}
	}
	var total, read int64
	head, err := o.Log.Head(ctx)
	if err != nil {
		return err
	}
	if n, unit, err := o.Log.Distance(ctx, eventstore.Position{}, head.Position); err == nil && unit == eventstore.UnitEvents {
		total = n
	}
	for page, err := range eventstore.Pages(ctx, o.Log, eventstore.Position{}, journal.PageSize) {
		if err != nil {
			return err
		}
		for i := range page.Events {
			if page.Events[i].ID == event.UUID {
				return o.canRead(page.Events[i])
			}
		}
		read += int64(len(page.Events))
		o.progress(Progress{View: "the log", Done: read, Total: total, Unit: "events"})
	}
	return errNoEvent
}

func (o *call) canRead(stored eventstore.Recorded) error {
	_, err := o.Journal.Decode(stored)
	var unreadable *journal.UnreadableEventError
	switch {
	case errors.As(err, &unreadable):
		return nil
	case err != nil:
		return errNewer.Because(err)
	}
	return errReadable
}
