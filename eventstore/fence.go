package eventstore

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// FenceReason says why a log takes no more appends.
type FenceReason string

// Reasons.
const (
	// FenceMove: the log is being carried to another one, or has been.
	FenceMove FenceReason = "move"
	// FenceArchive: the log is a copy to be read only.
	FenceArchive FenceReason = "archive"
)

// Fence is the mark of a log that takes no more appends. The zero Fence is none.
type Fence struct {
	Reason FenceReason `json:"reason"`
	// Target is the log that goes on instead; the zero UUID for an archive.
	Target uuid.UUID `json:"target,omitzero"`
}

// IsZero reports whether there is no fence.
func (f Fence) IsZero() bool { return f == Fence{} }

// Check refuses what is no fence, with ErrInvalid: an unknown reason, a move without a target, an archive with one.
func (f Fence) Check() error {
	switch {
	case f.Reason == FenceMove && f.Target != uuid.Nil, f.Reason == FenceArchive && f.Target == uuid.Nil:
		return nil
	case f.Reason == FenceMove:
		return fmt.Errorf("%w: a fence for a move names the log that goes on", ErrInvalid)
	case f.Reason == FenceArchive:
		return fmt.Errorf("%w: a fence of an archive names no log that goes on", ErrInvalid)
	}
	return fmt.Errorf("%w: unknown reason for a fence", ErrInvalid)
}

// Fencer is a Store that can be told to take no more appends, so that its log can be carried to
// another one without an event that nobody carries.
type Fencer interface {
	// Fence puts the mark up, durably. Once it has answered nil, whatever was acknowledged before can be read,
	// and nothing more is appended by anybody, in this process or another, before or after a restart:
	// Append gives ErrFenced until Unfence. Reading goes on. On a log that several processes write it takes
	// as long as an append of one of them may be under way.
	//
	// The same fence again is no fault: it waits again, so it finishes one that was broken off. While another one stands
	// the error is ErrFenced. After any other error the mark may stand: ask Fenced, and fence again or Unfence.
	Fence(ctx context.Context, f Fence) error

	// Unfence takes the mark down; no fault when there is none. Writers of other processes notice within a second.
	Unfence(ctx context.Context) error

	// Fenced is the fence that stands, as the leader has it; the zero Fence when there is none.
	Fenced(ctx context.Context) (Fence, error)
}
