package runner

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"accountledger/journal"
	"accountledger/projections/view"
)

// encodeCheckpoint gives a place in the log as a view stores it.
func encodeCheckpoint(at journal.Checkpoint) (view.Checkpoint, error) {
	b, err := json.Marshal(at)
	if err != nil {
		return nil, fmt.Errorf("runner: a checkpoint cannot be written: %w", err)
	}
	return b, nil
}

// decodeCheckpoint reads what a view stored; nil is the beginning.
func decodeCheckpoint(stored view.Checkpoint) (journal.Checkpoint, error) {
	var at journal.Checkpoint
	if stored == nil {
		return at, nil
	}
	if err := json.Unmarshal(stored, &at); err != nil {
		return at, fmt.Errorf("%w: its checkpoint cannot be read", ErrUnusable)
	}
	return at, nil
}

// part is a run of a page's records as a page of its own, which ends where its last record stands.
func part(page journal.Page, from, to int) journal.Page {
	p := journal.Page{Records: page.Records[from:to], Checkpoint: page.Checkpoint}
	if to < len(page.Records) {
		last := page.Records[to-1]
		p.Checkpoint = journal.Checkpoint{Log: page.Checkpoint.Log, Position: last.Position, Event: last.ID.UUID}
	}
	return p
}
