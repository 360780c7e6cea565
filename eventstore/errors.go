package eventstore

import (
	"errors"
	"fmt"

	"github.com/google/uuid"
)

var (
	// ErrUnknownOutcome: the append may or may not have happened.
	ErrUnknownOutcome = errors.New("eventstore: the outcome of the append is not known")
	// ErrInvalid: an empty or overlong name, a NUL in one, no events, a version below NoStream.
	ErrInvalid = errors.New("eventstore: invalid argument")
	// ErrTooLarge: more than MaxAppendBytes.
	ErrTooLarge = errors.New("eventstore: append too large")
	// ErrReadOnly: a write failed, and the log takes no more until it is opened anew.
	ErrReadOnly = errors.New("eventstore: the log is read-only after a failed write; restart once the disk is well")
	// ErrNoSpace: free space is under the reserve; appends go on when there is room again.
	ErrNoSpace = errors.New("eventstore: free disk space is under the reserve")
	// ErrFenced: the log has moved to another one, is about to, or is an archive; see Fencer. The operator says where
	// the ledger goes on.
	ErrFenced = errors.New("eventstore: the log is fenced: it moves, has moved or is an archive, and takes no appends")
	// ErrOutOfOrder: appends handed over to a Sequencer stand in the log in another order. It cannot be undone.
	ErrOutOfOrder = errors.New("eventstore: appends stand in the log in another order than they were sent in")
	// ErrUnavailable: the log cannot be reached now.
	ErrUnavailable = errors.New("eventstore: the log cannot be reached")
	// ErrClosed: the store or subscription has been closed.
	ErrClosed = errors.New("eventstore: closed")
)

// ConflictError: the stream's last version is not the expected one. Load again and decide anew.
type ConflictError struct {
	Stream           string
	Expected, Actual int64
}

func (e *ConflictError) Error() string {
	return fmt.Sprintf("eventstore: %s is at version %d, expected %d", e.Stream, e.Actual, e.Expected)
}

// ForeignCheckpointError: a checkpoint does not belong to this log, or not to
// this history of it. Its reader must begin again, or be given the right log.
type ForeignCheckpointError struct {
	Checkpoint Checkpoint
	Log        uuid.UUID
	Reason     string
}

func (e *ForeignCheckpointError) Error() string {
	return fmt.Sprintf("eventstore: checkpoint at %s of log %s does not fit log %s: %s",
		e.Checkpoint.Position, e.Checkpoint.Log, e.Log, e.Reason)
}

// CorruptError: stored bytes are not what was written. Nothing is cut or
// skipped; the operator restores the file named.
type CorruptError struct {
	File   string
	Offset int64 // in File, or -1 when only the position is known
	At     Position
	Reason string
	// Missing is how many acknowledged events the log lacks at its end, where what it has is whole: an older copy of it, or
	// one whose end was cut. By is the file that bears witness of them.
	Missing int64
	By      string
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("eventstore: corrupt log: file %q offset %d position %s: %s", e.File, e.Offset, e.At, e.Reason)
}
