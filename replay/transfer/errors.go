package transfer

import (
	"errors"
	"fmt"

	"accountledger/eventstore"
)

// DifferentError: the target holds an event that is not the source's at its place, so it is
// not a beginning of the same history. Nothing is appended to it.
type DifferentError struct {
	// Event counts from 1, in the order of the log.
	Event int64
	// Stream and Version are the place of the target's event.
	Stream  string
	Version int64
}

func (e *DifferentError) Error() string {
	return fmt.Sprintf("the target holds something else: its event %d (%s version %d) is not the source's; give an empty target", e.Event, e.Stream, e.Version)
}

// OrderError: the target wrote an event before others that were sent earlier. It wraps
// eventstore.ErrOutOfOrder. Nothing can be inserted, so the target is useless.
type OrderError struct {
	// Event counts from 1, in the order of the log: this event should be there, but another is.
	Event int64
	// Stream and Version are those of the event that is there.
	Stream  string
	Version int64
}

func (e *OrderError) Error() string {
	return fmt.Sprintf("the target wrote its event %d (%s version %d) before others that were sent earlier; give an empty target", e.Event, e.Stream, e.Version)
}

// Unwrap returns eventstore.ErrOutOfOrder.
func (e *OrderError) Unwrap() error { return eventstore.ErrOutOfOrder }

var (
	// ErrAhead: the target holds the source's whole history and more. It has been served from.
	ErrAhead = errors.New("the target holds more than the source: it has been served from")
	// ErrSameLog: source and target are the same log.
	ErrSameLog = errors.New("source and target are the same log")
	// ErrHash: what was read back is not what was written. The target is useless.
	ErrHash = errors.New("the target does not hold what was transferred: count or content hash differ")
	// ErrVault: the vaults' contents differ.
	ErrVault = errors.New("the target's vault does not hold what the source's does")
	// ErrKeyMissing: the log names a key that the vault neither holds nor knows as destroyed.
	ErrKeyMissing = errors.New("the log names a key that the vault does not know")
)
