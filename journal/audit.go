package journal

import (
	"context"

	"accountledger/domain"
	"accountledger/eventstore"
)

// Decode reads an event as it is stored, for callers that walk a log by its bytes: *UnknownTypeError for one that a
// newer program wrote, other errors for one that cannot be read.
func (j *Journal) Decode(stored eventstore.Recorded) (domain.Fact, error) {
	rec, err := j.decode(stored)
	return rec.Fact, err
}

// Fits is nil when a checkpoint is of this log, else a *ForeignCheckpointError or the store's error.
func (j *Journal) Fits(ctx context.Context, at Checkpoint) error {
	sub, err := j.store.Subscribe(ctx, at)
	if err != nil {
		return err
	}
	return sub.Close()
}
