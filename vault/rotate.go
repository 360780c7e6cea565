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
	// ErrInUse: rows are still wrapped under the master key, or new ones will be.
	ErrInUse = errors.New("vault: the master key is in use")
	// ErrNotHeld: some process that has the vault open does not hold the new master key.
	ErrNotHeld = errors.New("vault: not every process holds the new master key")
)

// Rotator is a vault whose master key can be replaced while it is in use. The reason
// to do so: an engine that cannot wipe what it deleted leaves wrapped bytes behind, in its
// files and in backups; they are noise once every master key that wrapped them is gone.
//
// The procedure: give every process the new master key beside the old one; Rotate; keep the
// old one apart for as long as backups made under it may be restored; destroy its file;
// record that with MasterDestroyed.
type Rotator interface {
	Vault

	// Rotate makes to the master key of all further writes and rewraps what is there
	// under it; destroyed things are left alone. Reads and writes go on meanwhile.
	// It adds to to this vault's keyring, and calls progress (which may be nil) after
	// every step, on its own goroutine.
	//
	// Every step is durable. If its context or a crash ends it, call it
	// again with the same key to do what is left. ErrRotating if another
	// process is rotating; ErrNotHeld if another process lacks the new key, and then nothing was
	// changed; ErrMasterKey if a row is under a master key not held; ErrCorrupt if
	// rows do not open: the others are done and those rows' master key stays in use.
	Rotate(ctx context.Context, to *MasterKey, progress func(RotationProgress)) error

	// Masters returns every master key that the vault was ever written under, oldest
	// first. It is quick, however much the vault holds.
	Masters(ctx context.Context) ([]MasterState, error)

	// RowsUnder counts the keys, secrets and identifiers wrapped under each master
	// key; keys without any are left out. It reads whole tables.
	RowsUnder(ctx context.Context) (map[uuid.UUID]int64, error)

	// MasterDestroyed records that the operator destroyed a master key. It cannot be used
	// again, and every process that has the vault open drops it. ErrInUse while a row is
	// under it, ErrNotFound if it never was the vault's.
	MasterDestroyed(ctx context.Context, id uuid.UUID) error
}

// RotationProgress is the progress of a rotation, in rows.
type RotationProgress struct {
	// Done rows were rewrapped by this call; Damaged ones do not open.
	Done, Damaged int64
	// Total is how many there were to do when this call began.
	Total int64
}

// MasterState is a vault's record of one of its master keys. Times are UTC by the
// engine's clock (MadeAt: by the maker's clock), and zero if unknown or not yet.
type MasterState struct {
	ID uuid.UUID
	// MadeAt is when it was made.
	MadeAt time.Time
	// BeganAt is when it became the master key of all writes.
	BeganAt time.Time
	// EndedAt is the time from which nothing is wrapped under it. Earlier backups need it.
	EndedAt time.Time
	// DestroyedAt is when MasterDestroyed recorded its destruction.
	DestroyedAt time.Time
	// Current marks the one that new rows are wrapped under.
	Current bool
}

// ClocksApart is how far the clock that timed an erasure may be behind the engine's.
const ClocksApart = 2 * time.Minute

// Final reports whether what was destroyed at that time can no longer be opened in any
// copy of the engine's files: every master key that may have wrapped it is
// recorded as destroyed. It is false for a vault with no record of any from that time.
func Final(masters []MasterState, destroyed time.Time) bool {
	_, final := FinalAt(masters, destroyed)
	return final
}

// FinalAt is Final, with the time from which it is true.
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

// CopiesUntil is until when backups may hold, wrapped, what was destroyed at that time, if
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

// InUse reports whether rows may be wrapped under it.
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
