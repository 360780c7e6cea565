package transfer

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/vault"
)

var (
	// ErrMovedElsewhere: the source is fenced for another target, or is an archive.
	ErrMovedElsewhere = errors.New("the source is fenced: it is moving or has moved to another log, or is an archive")
	// ErrTargetFenced: the target was the target of a move that was abandoned, or has itself moved, or is an archive.
	ErrTargetFenced = errors.New("the target is fenced: a move to it was abandoned, or it has moved on; give an empty target")
	// ErrNoFence: an engine cannot keep writers out, so a move from it would lose events.
	ErrNoFence = errors.New("the engine of the log cannot be fenced")
	// ErrNotMoving: no move from this source to this target is under way.
	ErrNotMoving = errors.New("no move from this source to this target is under way")
)

// Side is a ledger's log and vault.
type Side struct {
	Log   eventstore.Store
	Vault vault.Portable
}

// fencer returns the log as a Fencer, its id and its current fence.
func (s Side) fencer(ctx context.Context) (eventstore.Fencer, uuid.UUID, eventstore.Fence, error) {
	f, ok := s.Log.(eventstore.Fencer)
	if !ok {
		return nil, uuid.Nil, eventstore.Fence{}, ErrNoFence
	}
	id, err := s.Log.LogID(ctx)
	if err != nil {
		return nil, uuid.Nil, eventstore.Fence{}, err
	}
	stands, err := f.Fenced(ctx)
	return f, id, stands, err
}

// Move moves a ledger permanently from one side to another.
//
// The order makes it safe: most of the log is copied while others may still write to it;
// the source is fenced, after which nobody can append to it; the rest of the log is copied;
// then the vault, so that no key named by an event is missing; then the target is read back
// and compared. The fence stays: the source can be read, and nobody ever writes to both logs.
type Move struct {
	From, To Side
	// Drain is called before the fence, to finish work with outside effects; nil does nothing. It is
	// not called if the fence is already set.
	Drain func(ctx context.Context) error
	// Marks is called after the fence: it returns the checkpoints, in the source, of consumers with effects. May be nil.
	Marks func(ctx context.Context) ([]eventstore.Checkpoint, error)
	// Tell may be nil.
	Tell Progress
}

// Moved is the result of a move.
type Moved struct {
	Digest
	// Resumed is how many events the target had from an earlier attempt.
	Resumed int64
	// From and To are the logs' ids.
	From, To uuid.UUID
	// Vault counts what was transferred of the vault; all zero if both sides have the same vault.
	Vault Rows
	// Keys is how many keys named in the log exist, KeysDestroyed how many are recorded as destroyed.
	Keys, KeysDestroyed int64
	// Places are the marks' places in the target; the zero Checkpoint if a mark is the beginning, or not of the source.
	Places []eventstore.Checkpoint
}

// Run moves. If interrupted at any time, by ctx or a crash, run it again with the same sides to
// resume; Abandon gives up. Errors: ErrSameLog, ErrMovedElsewhere, ErrTargetFenced,
// ErrNoFence, *DifferentError, ErrAhead, ErrHash, ErrVault, *KeyMissingError, the engines' and ctx's.
// After an error the source may be fenced.
func (m *Move) Run(ctx context.Context) (done Moved, err error) {
	from, fromID, stands, err := m.From.fencer(ctx)
	if err != nil {
		return done, fmt.Errorf("source: %w", err)
	}
	_, toID, closed, err := m.To.fencer(ctx)
	if err != nil {
		return done, fmt.Errorf("target: %w", err)
	}
	done.From, done.To = fromID, toID
	fence := eventstore.Fence{Reason: eventstore.FenceMove, Target: toID}
	switch {
	case fromID == toID:
		return done, ErrSameLog
	case !closed.IsZero():
		return done, ErrTargetFenced
	case !stands.IsZero() && stands != fence:
		return done, ErrMovedElsewhere
	}
	c := &copying{from: m.From.Log, writer: NewWriter(ctx, m.To.Log), tell: m.Tell}
	defer c.writer.Close()
	if err := c.goOn(ctx, StageCopy); err != nil {
		return done, err
	}
	if stands.IsZero() && m.Drain != nil {
		if err := m.Drain(ctx); err != nil {
			return done, err
		}
	}
	m.tell(StageFence)
	if err := from.Fence(ctx, fence); err != nil {
		return done, fmt.Errorf("source: %w", err)
	}
	if err := c.goOn(ctx, StageTail); err != nil {
		return done, err
	}
	done.Digest, done.Resumed = c.writer.Digest(), c.writer.Resumed()
	if done.Vault, err = CopyVault(ctx, m.From.Vault, m.To.Vault, m.Tell); err != nil {
		return done, err
	}
	return done, m.verify(ctx, &done)
}

func (m *Move) tell(stage Stage) {
	if m.Tell != nil {
		m.Tell(stage, 0, 0, "")
	}
}

func (m *Move) verify(ctx context.Context, done *Moved) error {
	var events []uuid.UUID
	if m.Marks != nil {
		marks, err := m.Marks(ctx)
		if err != nil {
			return err
		}
		for _, mark := range marks {
			id, err := m.eventAt(ctx, mark, done.From)
			if err != nil {
				return err
			}
			events = append(events, id)
		}
	}
	keys := NewKeyCheck(m.To.Vault)
	var err error
	done.Places, err = verify(ctx, m.To.Log, done.Digest, events, m.Tell, func(e *eventstore.Recorded) error { return keys.See(ctx, e) })
	if err == nil {
		err = keys.End(ctx)
	}
	done.Keys, done.KeysDestroyed = keys.Live, keys.Destroyed
	return err
}

// eventAt returns the last event of the source up to a mark, the zero UUID if there is none.
// Marks may be at an entry of the engine's own, which the target does not have.
func (m *Move) eventAt(ctx context.Context, mark eventstore.Checkpoint, log uuid.UUID) (id uuid.UUID, err error) {
	if mark.Log != log || mark.Event != uuid.Nil || mark.IsZero() {
		return mark.Event, nil
	}
	for e, err := range Events(ctx, m.From.Log) {
		if err != nil {
			return id, err
		}
		if e.Position.Compare(mark.Position) > 0 {
			break
		}
		id = e.ID
	}
	return id, nil
}

// Abandon gives up a move that has not finished, or whose target has not been served from:
// first the target is fenced permanently, then, if it holds no more than the source, the source is
// unfenced. ErrNotMoving, and ErrAhead if the target has been served from; then the
// source stays fenced and the target is unchanged.
func Abandon(ctx context.Context, from, to Side) error {
	source, fromID, stands, err := from.fencer(ctx)
	if err != nil {
		return fmt.Errorf("source: %w", err)
	}
	target, toID, closed, err := to.fencer(ctx)
	if err != nil {
		return fmt.Errorf("target: %w", err)
	}
	abandoned := eventstore.Fence{Reason: eventstore.FenceMove, Target: fromID}
	if stands != (eventstore.Fence{Reason: eventstore.FenceMove, Target: toID}) || !closed.IsZero() && closed != abandoned {
		return ErrNotMoving
	}
	if err := target.Fence(ctx, abandoned); err != nil {
		return fmt.Errorf("target: %w", err)
	}
	if err := holdsNoMore(ctx, from.Log, to.Log); err != nil {
		return errors.Join(err, target.Unfence(ctx))
	}
	return source.Unfence(ctx)
}

// holdsNoMore returns nil if a target holds a beginning of the source's history.
func holdsNoMore(ctx context.Context, from, to eventstore.Store) error {
	w := NewWriter(ctx, to) // it reaches the end of what is there and never appends
	defer w.Close()
	for e, err := range Events(ctx, from) {
		if err == nil {
			err = w.Write(ctx, e)
		}
		if err != nil {
			return err
		}
		if w.existing == nil {
			return nil
		}
	}
	return w.End(ctx)
}
