package transfer

import (
	"context"

	"accountledger/eventstore"
	"accountledger/vault"
)

// Visit is CheckFile for callers that also need the contents: event and row, which may be nil, get
// them in the file's order. What they get is verified only once the error is nil; their errors end the reading.
func Visit(
	ctx context.Context, path string, tell Progress, event func(*eventstore.Recorded) error, row func(*vault.Row) error,
) (FileInfo, error) {
	t := &teller{tell: tell, stage: StageRead, unit: eventstore.UnitEvents}
	var n int64
	return openFile(ctx, path, func(e *eventstore.Recorded) error {
		n++
		t.at(n)
		if event == nil {
			return nil
		}
		return event(e)
	}, row)
}
