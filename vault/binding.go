package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrMissing: there is no vault, and none is to be created.
var ErrMissing = errors.New("vault: there is no vault")

// BehindError: the vault is missing acknowledged transactions. It is an older copy, or its end was cut off.
type BehindError struct {
	// File is the vault's file, and By the file that recorded what was acknowledged.
	File, By string
	// Missing is how many transactions are missing, 0 if the engine does not count them.
	Missing int64
}

func (e *BehindError) Error() string {
	if e.Missing == 0 {
		return fmt.Sprintf("vault: %s: its last acknowledged transactions are missing, according to %s: it was put back to an earlier state", e.File, e.By)
	}
	what := fmt.Sprintf("its last %d acknowledged transactions are missing", e.Missing)
	return fmt.Sprintf("vault: %s or its write-ahead file: %s, according to %s: it is an older copy, or its end was cut off", e.File, what, e.By)
}

// Binding says which log a vault belongs to, and up to which position of it the vault is known to have every key named there.
// Commit and Prepare are the parts of that position, Event is the id of the event there; a vault bound to an empty log has
// none of them. The zero Binding is that of a vault that was never bound.
type Binding struct {
	Log             uuid.UUID
	Commit, Prepare uint64
	Event           uuid.UUID
	// List is the end of the list of destructions at that time; zero if none is kept.
	List Listed
}

// Listed is a point in a list of destructions: the number of entries, and the hash of the last one.
type Listed struct {
	Entries int64
	Hash    [sha256.Size]byte
}

// IsZero reports whether b is unbound.
func (b Binding) IsZero() bool { return b == Binding{} }

// Binder is a vault that records which log it belongs to.
type Binder interface {
	// Binding returns which log the vault belongs to.
	Binding(ctx context.Context) (Binding, error)
	// Bind records it durably. Within one log a binding only moves forward: an earlier one changes
	// nothing but its List, if that has entries. A binding to another log replaces it.
	Bind(ctx context.Context, b Binding) error
	// Before returns the logs that the vault belonged to before, whose history the current log continues.
	Before(ctx context.Context) ([]uuid.UUID, error)
}
