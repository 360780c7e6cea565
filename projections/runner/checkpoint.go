package runner

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"accountledger/journal"
	"accountledger/projections/view"
)

// stored is a place in the log as a view keeps it.
type stored struct {
	journal.Checkpoint
	// Partitions is by how many the view's work is shared, left out for one: the checkpoints of so many belong together.
	Partitions int `json:"partitions,omitzero"`
}

// encodeCheckpoint gives a place in the log as a view stores it.
func encodeCheckpoint(at journal.Checkpoint, partitions int) (view.Checkpoint, error) {
	s := stored{Checkpoint: at}
	if partitions > 1 {
		s.Partitions = partitions
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("runner: a checkpoint cannot be written: %w", err)
	}
	return b, nil
}

// decodeCheckpoint reads what a view stored; nil is the beginning.
func decodeCheckpoint(b view.Checkpoint, partitions int) (journal.Checkpoint, error) {
	var s stored
	if b == nil {
		return s.Checkpoint, nil
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return journal.Checkpoint{}, fmt.Errorf("%w: its checkpoint cannot be read", ErrUnusable)
	}
	if was := max(s.Partitions, 1); was != partitions {
		return journal.Checkpoint{}, fmt.Errorf("%w: its work was shared by %d, here it is by %d", ErrUnusable, was, partitions)
	}
	return s.Checkpoint, nil
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
