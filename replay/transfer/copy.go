package transfer

import (
	"context"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// copying copies one log to another, in as many steps as it is told.
type copying struct {
	from   eventstore.Store
	writer *Writer
	at     eventstore.Position
	tell   Progress
}

// goOn copies up to the end of the source at the time it gets there.
func (c *copying) goOn(ctx context.Context, stage Stage) error {
	see, err := reading(ctx, c.from, stage, c.tell)
	if err != nil {
		return err
	}
	for e, err := range read(ctx, c.from, c.at) {
		if err != nil {
			return err
		}
		if err := c.writer.Write(ctx, e); err != nil {
			return err
		}
		c.at = e.Position
		see(e.Position)
	}
	return c.writer.End(ctx)
}

// Copy makes the target hold what the source holds up to its end at the time the copy gets
// there, and returns the digest of that. A target that holds a beginning of the same history is
// completed; *DifferentError and ErrAhead for one that holds something else or more.
// tell may be nil.
func Copy(ctx context.Context, from, to eventstore.Store, tell Progress) (Digest, error) {
	if err := different(ctx, from, to); err != nil {
		return Digest{}, err
	}
	c := &copying{from: from, writer: NewWriter(ctx, to), tell: tell}
	defer c.writer.Close()
	err := c.goOn(ctx, StageCopy)
	return c.writer.Digest(), err
}

func different(ctx context.Context, from, to eventstore.Store) error {
	a, err := from.LogID(ctx)
	if err != nil {
		return err
	}
	b, err := to.LogID(ctx)
	if err == nil && a == b {
		err = ErrSameLog
	}
	return err
}

// verify reads the whole target back: ErrHash unless it matches what was transferred. It returns
// where the target has each of some events; the zero Checkpoint for a missing one. see may be nil.
func verify(
	ctx context.Context, to eventstore.Store, want Digest, events []uuid.UUID, tell Progress, see func(*eventstore.Recorded) error,
) ([]eventstore.Checkpoint, error) {
	log, err := to.LogID(ctx)
	if err != nil {
		return nil, err
	}
	found := make([]eventstore.Checkpoint, len(events))
	t := &teller{tell: tell, stage: StageVerify, unit: eventstore.UnitEvents, total: want.Events}
	var count int64
	got, err := Sum(ctx, to, func(e *eventstore.Recorded) error {
		for i := range events {
			if events[i] == e.ID {
				found[i] = eventstore.Checkpoint{Log: log, Position: e.Position, Event: e.ID}
			}
		}
		count++
		t.at(count)
		if see == nil {
			return nil
		}
		return see(e)
	})
	if err == nil && got != want {
		err = ErrHash
	}
	t.end(count)
	return found, err
}
