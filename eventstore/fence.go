package eventstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// FenceReason is why a log takes no more appends.
type FenceReason string

// Reasons.
const (
	// FenceMove: the log is being moved to another one, or has been.
	FenceMove FenceReason = "move"
	// FenceArchive: the log is a read-only copy.
	FenceArchive FenceReason = "archive"
)

// Fence marks a log that takes no more appends. The zero Fence is no fence.
type Fence struct {
	Reason FenceReason `json:"reason"`
	// Target is the log that continues; the zero UUID for an archive.
	Target uuid.UUID `json:"target,omitzero"`
}

// IsZero reports whether there is no fence.
func (f Fence) IsZero() bool { return f == Fence{} }

// Check returns ErrInvalid for an invalid fence: an unknown reason, a move without a target, an archive with one.
func (f Fence) Check() error {
	switch {
	case f.Reason == FenceMove && f.Target != uuid.Nil, f.Reason == FenceArchive && f.Target == uuid.Nil:
		return nil
	case f.Reason == FenceMove:
		return fmt.Errorf("%w: a fence for a move must name the log that continues", ErrInvalid)
	case f.Reason == FenceArchive:
		return fmt.Errorf("%w: a fence for an archive must not name a log that continues", ErrInvalid)
	}
	return fmt.Errorf("%w: unknown reason for a fence", ErrInvalid)
}

// Fencer is a Store that can be told to take no more appends, so that its log can be copied to
// another one without missing an event.
type Fencer interface {
	// Fence sets the fence durably. Once it has returned nil, everything acknowledged before can be read,
	// and nothing more is appended by any process, before or after a restart:
	// Append returns ErrFenced until Unfence. Reads still work. On a log with several writing processes it takes
	// as long as an append of one of them may be under way.
	//
	// Setting the same fence again is not an error: it waits again, and so finishes an interrupted call. If another one is set
	// the error is ErrFenced. After any other error the fence may be set: ask Fenced, and Fence again or Unfence.
	Fence(ctx context.Context, f Fence) error

	// Unfence removes the fence; it is not an error if there is none. Other processes notice within a second.
	Unfence(ctx context.Context) error

	// Fenced is the current fence, from the leader; the zero Fence if there is none.
	Fenced(ctx context.Context) (Fence, error)
}
