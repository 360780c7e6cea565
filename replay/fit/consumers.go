package fit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accountledger/eventstore"
	"accountledger/replay/audit"
)

// Consumers refuses consumers that stand at places which the log does not have: *RefusedError. What is made again by itself anyway
// does not count, nor what cannot be reached now.
func (p *Parts) Consumers(ctx context.Context, consumers []audit.Consumer) error {
	before, err := p.Binder.Before(ctx)
	if err != nil {
		return err
	}
	id, err := p.Log.LogID(ctx)
	if err != nil {
		return err
	}
	for _, c := range consumers {
		at, err := c.At(ctx)
		if err == nil {
			err = p.Journal.Fits(ctx, at)
		}
		var foreign *eventstore.ForeignCheckpointError
		switch {
		case !errors.As(err, &foreign): // it fits, is made again, or is told of by its own state
		case foreign.Checkpoint.Log == id:
			return olderLog(fmt.Sprintf("the log is older than %s, which stands at %s", c.Name, foreign.Checkpoint.Position), err)
		case slices.Contains(before, foreign.Checkpoint.Log): // it begins again, as it must with a new history
		default:
			return &RefusedError{What: fmt.Sprintf("%s belongs to log %s, and this is log %s", c.Name, foreign.Checkpoint.Log, id),
				Next: "Put the parts of one ledger together; a view or a list that is moved away is made again from the log"}
		}
	}
	return nil
}
