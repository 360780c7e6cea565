package vault

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrRotating: another rotation is under way.
	ErrRotating = errors.New("vault: another rotation is under way")
	// ErrInUse: rows are still wrapped under the master key, or new ones are.
	ErrInUse = errors.New("vault: the master key is in use")
	// ErrNotHeld: some process that has the vault open does not hold the new master key.
	ErrNotHeld = errors.New("vault: not every process holds the new master key")
)

// Rotator is a vault whose master key can be replaced while it is in use. Why one
// does it: an engine that cannot wipe what it deleted leaves wrapped bytes behind, in its
// files and in backups; they are noise once every master key that wrapped them is gone.
//
// The way: every process is given the new master key beside the old one; Rotate; the
// old one is kept apart for as long as backups made under it may be restored; its file is
// destroyed; MasterDestroyed records that.
type Rotator interface {
	Vault

	// Rotate makes to the master key of all further writes and wraps what is there
	// anew under it, destroyed things left as they are. Reads and writes go on meanwhile.
	// It adds to to this vault's keyring, and tells progress (which may be nil) after
	// every step, on its own goroutine.
	//
	// Every step is durable. Ended by its context or a crash, it is resumed by calling it
	// again with the same key, and then does what is left. ErrRotating when another
	// process rotates; ErrNotHeld when another process lacks the new key, then nothing was
	// changed; ErrMasterKey when a row is under a master key not held; ErrCorrupt when
	// rows do not open: the others are done and those rows' master key stays in use.
	Rotate(ctx context.Context, to *MasterKey, progress func(RotationProgress)) error

	// Masters tells of every master key that the vault was ever written under, the oldest
	// first. It is quick, however much there is in the vault.
	Masters(ctx context.Context) ([]MasterState, error)

	// RowsUnder counts the keys, secrets and identifiers that are wrapped under each master
	// key; one that has none is left out. It reads whole tables.
	RowsUnder(ctx context.Context) (map[uuid.UUID]int64, error)

	// MasterDestroyed records that the operator destroyed a master key. It cannot be used
	// again, and every process that has the vault open lets it go. ErrInUse while a row is
	// under it, ErrNotFound when it never was the vault's.
	MasterDestroyed(ctx context.Context, id uuid.UUID) error
}

// RotationProgress is how far a rotation is, in rows.
type RotationProgress struct {
	// Done and Damaged rows are those this call wrapped anew, and those that do not open.
	Done, Damaged int64
	// Total is how many there were to do when this call began.
	Total int64
}

// MasterState is what a vault knows of one of its master keys. Times are UTC by the
// engine's clock (MadeAt: by the clock of who made it) and zero for what is unknown or has not happened.
type MasterState struct {
	ID uuid.UUID
	// MadeAt is when it was made.
	MadeAt time.Time
	// BeganAt is when it became the master key of all writes.
	BeganAt time.Time
	// EndedAt is since when nothing is wrapped under it. Backups made before need it.
	EndedAt time.Time
	// DestroyedAt is when MasterDestroyed recorded its end.
	DestroyedAt time.Time
	// Current says that new rows are wrapped under it.
	Current bool
}

// ClocksApart is by how much the clock that an erasure was timed by may be behind the engine's.
const ClocksApart = 2 * time.Minute

// Final says whether what was destroyed at that time opens nowhere any more, in whatever
// copies of the engine's files there are: every master key that may have wrapped it is
// recorded as destroyed. A vault that knows of none from that time says no.
func Final(masters []MasterState, destroyed time.Time) bool {
	_, final := FinalAt(masters, destroyed)
	return final
}

// FinalAt is Final with the time since which it holds.
func FinalAt(masters []MasterState, destroyed time.Time) (at time.Time, final bool) {
	for _, m := range masters {
		if !m.mayHaveWrapped(destroyed) {
			continue
		}
		if m.DestroyedAt.IsZero() {
			return time.Time{}, false
		}
		at = later(at, m.DestroyedAt)
	}
	return at, !at.IsZero()
}

// CopiesUntil is until when backups may hold, wrapped, what was destroyed at that time, where
// each backup is kept for that long: the last was made while one of the master keys that may
// have wrapped it was in use. It is not known while one of them still is.
func CopiesUntil(masters []MasterState, destroyed time.Time, keep time.Duration) (until time.Time, known bool) {
	for _, m := range masters {
		if !m.mayHaveWrapped(destroyed) || !m.DestroyedAt.IsZero() {
			continue
		}
		if m.InUse() {
			return time.Time{}, false
		}
		until = later(until, m.EndedAt.Add(keep))
	}
	return until, !until.IsZero()
}

// InUse says whether rows may be wrapped under it.
func (m MasterState) InUse() bool { return m.Current || m.EndedAt.IsZero() }

func (m MasterState) mayHaveWrapped(destroyed time.Time) bool {
	return !m.BeganAt.After(destroyed.Add(ClocksApart))
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
