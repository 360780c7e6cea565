package carry

import (
	"errors"
	"fmt"

	"accountledger/eventstore"
)

// DifferentError: the target holds an event that is not the source's at its place, so it is
// no beginning of the same history. Nothing is appended to it.
type DifferentError struct {
	// Event counts from 1, in the order of the log.
	Event int64
	// Stream and Version are where the target's event stands.
	Stream  string
	Version int64
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("the target holds something else: its event %d (%s version %d) is not the source's; give an empty one", e.Event, e.Stream, e.Version)
}

// OrderError: the target wrote an event before others that were sent ahead of it. It wraps
// eventstore.ErrOutOfOrder. Nothing can be put between, so the target is of no use.
type OrderError struct {
	// Event counts from 1, in the order of the log: it should stand there, and another does.
	Event int64
	// Stream and Version are those of the event that stands there.
	Stream  string
	Version int64
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("the target wrote its event %d (%s version %d) before others that were sent ahead of it; give an empty one", e.Event, e.Stream, e.Version)
}

// Unwrap gives eventstore.ErrOutOfOrder.
func (e *OrderError) Unwrap() error { return eventstore.ErrOutOfOrder }

var (
	// ErrAhead: the target holds the source's whole history and more. Somebody has served from it.
	ErrAhead = errors.New("the target holds more than the source: it has been served from")
	// ErrSameLog: source and target are one log.
	ErrSameLog = errors.New("source and target are the same log")
	// ErrHash: what was read back is not what was written. The target is of no use.
	ErrHash = errors.New("what the target holds is not what was carried: count or content hash differ")
	// ErrVault: the vaults do not hold the same.
	ErrVault = errors.New("what the target's vault holds is not what the source's does")
	// ErrKeyMissing: the log names a key that the vault neither holds nor knows as destroyed.
	ErrKeyMissing = errors.New("the log names a key that the vault does not know")
)
