package eventstore

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
)

var (
	// ErrUnknownOutcome: the append may or may not have happened.
	ErrUnknownOutcome = errors.New("eventstore: the outcome of the append is not known")
	// ErrInvalid: an empty or overlong name, a NUL in one, no events, a version below NoStream.
	ErrInvalid = errors.New("eventstore: invalid argument")
	// ErrTooLarge: more than MaxAppendBytes.
	ErrTooLarge = errors.New("eventstore: append too large")
	// ErrReadOnly: a write failed, and the log takes no appends until it is reopened.
	ErrReadOnly = errors.New("eventstore: the log is read-only after a failed write; restart when the disk works again")
	// ErrNoSpace: free space is below the reserve; appends work again once there is room.
	ErrNoSpace = errors.New("eventstore: free disk space is below the reserve")
	// ErrFenced: the log has moved to another one, is about to, or is an archive; see Fencer. The operator says where
	// the ledger continues.
	ErrFenced = errors.New("eventstore: the log is fenced: it is moving, has moved or is an archive, and takes no appends")
	// ErrOutOfOrder: appends passed to a Sequencer are in the log in another order. It cannot be undone.
	ErrOutOfOrder = errors.New("eventstore: appends are in the log in a different order than they were sent")
	// ErrUnavailable: the log cannot be reached now.
	ErrUnavailable = errors.New("eventstore: the log cannot be reached")
	// ErrClosed: the store or subscription has been closed.
	ErrClosed = errors.New("eventstore: closed")
)

// ConflictError: the stream's last version is not the expected one. Load again and decide again.
type ConflictError struct {
	Stream           string
	Expected, Actual int64
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("eventstore: %s is at version %d, expected %d", e.Stream, e.Actual, e.Expected)
}

// ForeignCheckpointError: a checkpoint belongs to another log, or to another history
// of this one. Its reader must start over, or be given the right log.
type ForeignCheckpointError struct {
	Checkpoint Checkpoint
	Log        uuid.UUID
	Reason     string
}

func (e *ForeignCheckpointError) Error() string {
	return fmt.Sprintf("eventstore: checkpoint at %s of log %s does not belong to log %s: %s",
		e.Checkpoint.Position, e.Checkpoint.Log, e.Log, e.Reason)
}

// CorruptError: stored bytes are not what was written. Nothing is truncated or
// skipped; the operator restores the named file.
type CorruptError struct {
	File   string
	Offset int64 // in File, or -1 when only the position is known
	At     Position
	Reason string
	// Missing is how many acknowledged events are missing at the end of a log that is otherwise whole: an older copy, or
	// one whose end was cut off. By is the file that recorded them.
	Missing int64
	By      string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("eventstore: corrupt log: file %q offset %d position %s: %s", e.File, e.Offset, e.At, e.Reason)
}

// OutageError: nothing has answered for so long that calls fail immediately until something does. It wraps ErrUnavailable.
type OutageError struct {
	Since time.Time
	// Cause is why the last try failed. It holds no data of callers.
	Cause error
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("%v: no answer since %s: %v", ErrUnavailable, e.Since.UTC().Format(time.RFC3339), e.Cause)
}

// Unwrap returns ErrUnavailable and the cause.
func (e *OutageError) Unwrap() []error { return []error{ErrUnavailable, e.Cause} }

// CallError: one call to the log's server failed. It wraps ErrUnavailable.
type CallError struct {
	// Doing is what was requested, Answer what happened. Neither holds data of callers or text from the server.
	Doing, Answer string
}

// Says is the error without the text of ErrUnavailable.
func (e *CallError) Says() string {
	if e.Doing == "" {
		return e.Answer
	}
	return e.Doing + ": " + e.Answer
}

func (e *CallError) Error() string { return ErrUnavailable.Error() + ": " + e.Says() }

// Unwrap returns ErrUnavailable.
func (e *CallError) Unwrap() error { return ErrUnavailable }

// DeniedError: the log's server refuses its user something. It wraps ErrUnavailable: an operator has to allow it.
type DeniedError struct {
	// Doing is what was requested, such as "reading $all" or "appending to stream X".
	Doing string
	// User is the server's user, not a person; empty if none is configured.
	User string
	// Credentials reports that the user or the password is not accepted at all.
	Credentials bool
}

// Says is the error without the text of ErrUnavailable.
func (e *DeniedError) Says() string {
	doing, user := e.Doing, "callers without a user"
	if doing == "" {
		doing = "a call"
	}
	if e.User != "" {
		user = fmt.Sprintf("user %q", e.User)
	}
	switch {
	case e.Credentials && e.User == "":
		return doing + " needs a user, and none is configured"
	case e.Credentials:
		return "the password of " + user + " is not accepted, " + doing
	}
	return doing + " is denied to " + user
}

func (e *DeniedError) Error() string { return ErrUnavailable.Error() + ": " + e.Says() }

// Unwrap returns ErrUnavailable.
func (e *DeniedError) Unwrap() error { return ErrUnavailable }

// LimitError: the log's server is configured with a limit below what the ledger may append. Nothing was appended. It wraps
// ErrUnavailable: an operator has to raise the limit.
type LimitError struct {
	Doing string
	// Event reports that the limit is for a single event, not for the whole append.
	Event bool
	// Limit and Needed are in bytes; 0 if the server does not say.
	Limit, Needed int64
}

// Says is the error without the text of ErrUnavailable.
func (e *LimitError) Says() string {
	what := "an append"
	if e.Event {
		what = "an event"
	}
	needed := "more"
	if e.Needed > 0 {
		needed = fmt.Sprintf("%d", e.Needed)
	}
	if e.Limit == 0 {
		return fmt.Sprintf("%s needs %s bytes than the server is configured to take for %s", e.Doing, needed, what)
	}
	return fmt.Sprintf("%s needs %s bytes, and the server takes no more than %d for %s", e.Doing, needed, e.Limit, what)
}

func (e *LimitError) Error() string { return ErrUnavailable.Error() + ": " + e.Says() }

// Unwrap returns ErrUnavailable.
func (e *LimitError) Unwrap() error { return ErrUnavailable }

// NoLogIDError: the log has events, but the stream with its id is gone at its server. Without the id nobody knows which log it is.
type NoLogIDError struct{ Stream string }

func (e *NoLogIDError) Error() string {
	return fmt.Sprintf("eventstore: the log has events, but stream %s, which holds its id, is empty or deleted", e.Stream)
}
