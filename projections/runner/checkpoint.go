package runner

import (
	"fmt"

	"github.com/go-json-experiment/json"

	"accountledger/consumers"
	"accountledger/journal"
	"accountledger/projections/view"
)

// stored is a place in the log as a view keeps it.
type stored struct {
	journal.Checkpoint
	// Partitions is by how many the view's work is shared, left out for one: the checkpoints of so many belong together.
	Partitions int `json:"partitions,omitzero"`
	// Filling says that the documents of all partitions are folded up to here, by a filling; a consumer's write takes it away.
	Filling bool `json:"filling,omitzero"`
	// Past says that the filling went past an event that it could not digest because an operator skipped it.
	Past bool `json:"past,omitzero"`
}

// encode gives what a view stores.
func (s stored) encode() (view.Checkpoint, error) {
	if s.Partitions == 1 {
		s.Partitions = 0
	}
	b, err := json.Marshal(s)
	if err != nil {
		return nil, fmt.Errorf("runner: a checkpoint cannot be written: %w", err)
	}
	return b, nil
}

// checkpoint gives a place that the folding has come to as its view stores it.
func (f *folding) checkpoint(at journal.Checkpoint) (view.Checkpoint, error) {
	s := stored{Checkpoint: at, Partitions: f.parts, Filling: f.part == everyPart}
	s.Past = s.Filling && f.past
	return s.encode()
}

// decodeStored reads what a view stored; nil is the beginning.
func decodeStored(b view.Checkpoint, partitions int) (s stored, err error) {
	if b == nil {
		return s, nil
	}
	if err := json.Unmarshal(b, &s); err != nil {
		return stored{}, fmt.Errorf("%w: its checkpoint cannot be read", consumers.ErrUnusable)
	}
	if was := max(s.Partitions, 1); was != partitions {
		return stored{}, fmt.Errorf("%w: its work was shared by %d, here it is by %d", consumers.ErrUnusable, was, partitions)
	}
	return s, nil
}

// decodeCheckpoint is decodeStored where only the place counts.
func decodeCheckpoint(b view.Checkpoint, partitions int) (journal.Checkpoint, error) {
	s, err := decodeStored(b, partitions)
	return s.Checkpoint, err
}
