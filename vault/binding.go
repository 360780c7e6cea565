package vault

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// ErrMissing: there is no vault, and none is to be made.
var ErrMissing = errors.New("vault: there is none")

// BehindError: the vault lacks what it acknowledged. It is an older copy, or its end was cut off.
type BehindError struct {
	// File is that of the vault, and By the file that bears witness.
	File, By string
	// Missing is how many transactions are missing, 0 where the engine does not count them.
	Missing int64
}

func (e *BehindError) Error() string {
	if e.Missing == 0 {
		return fmt.Sprintf("vault: %s: what it acknowledged last is missing, as %s says: it was put back to an earlier state", e.File, e.By)
	}
	what := fmt.Sprintf("its last %d acknowledged transactions are missing", e.Missing)
	return fmt.Sprintf("vault: %s, or the write-ahead file beside it: %s, as %s says: it is an older copy, or something cut its end", e.File, what, e.By)
}

// Binding says which log a vault belongs to and how far into it the vault is known to have every key that is named there. Commit
// and Prepare are the parts of the log's position, Event is the id of the event there; a vault that was bound to an empty log has
// none of them. The zero Binding is that of a vault that was never bound.
type Binding struct {
	Log             uuid.UUID
	Commit, Prepare uint64
	Event           uuid.UUID
	// List is how the list of destructions stood then; zero where none is kept.
	List Listed
}

// Listed is a place in a list of destructions: how many entries there were, and the hash of the last.
type Listed struct {
	Entries int64
	Hash    [sha256.Size]byte
}

// IsZero reports whether b is no binding.
func (b Binding) IsZero() bool { return b == Binding{} }

// Binder is a vault that knows its log.
type Binder interface {
	// Binding tells which log the vault belongs to.
	Binding(ctx context.Context) (Binding, error)
	// Bind records it, durably. Within one log a binding only moves on: one that lies before the one that is there changes
	// nothing but its List, where that has entries. One of another log takes its place.
	Bind(ctx context.Context, b Binding) error
	// Before gives the logs that the vault belonged to before: those whose history the log of today goes on with.
	Before(ctx context.Context) ([]uuid.UUID, error)
}
