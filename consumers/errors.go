package consumers

import (
	"errors"
	"fmt"

	"accountledger/domain"
	"accountledger/journal"
)

var (
	// ErrUnusable means that what a consumer stored is unusable: it must recover.
	ErrUnusable = errors.New("consumers: what the consumer stored cannot be used")
	// ErrMoved means that what a consumer stores was exchanged, and its checkpoint with it.
	ErrMoved = errors.New("consumers: what the consumer stores was exchanged")
	// ErrElsewhere means that another process runs the consumer: its progress is not known here.
	ErrElsewhere = errors.New("consumers: another process works on it")
	// ErrStopped means that the consumer has stopped. The log and the status say why.
	ErrStopped = errors.New("consumers: the consumer has stopped")
	// ErrUnknown means that there is no consumer of that name.
	ErrUnknown = errors.New("consumers: no such consumer")
	// ErrRebuilding means that what the consumer stores cannot answer yet; it is being rebuilt.
	ErrRebuilding = errors.New("consumers: what it stores is being rebuilt")
	// ErrClosed means that the runner, or what it runs, was closed.
	ErrClosed = errors.New("consumers: closed")
	// ErrPasses matches errors made by Passing.
	ErrPasses = errors.New("consumers: it passes by itself")
)

// Passing makes an error that matches ErrPasses: it is nobody's fault and ends by itself, as when another process is at the
// same work. Options.Trouble does not get it, and a Checkpoint that returns it is asked again at once: it has waited.
func Passing(text string) error { return &passing{text} }

type passing struct{ text string }

func (p *passing) Error() string { return p.text }

// Is matches ErrPasses.
func (*passing) Is(target error) bool { return target == ErrPasses }

// EventError says which event of a page a consumer cannot digest. Those before it are not at fault.
type EventError struct {
	Index int // in the page's records
	// Event is the event's id, zero if unknown; Where gives its type, position, stream and version.
	Event domain.EventID
	Where string
	Err   error
}

func (e *EventError) Error() string {
	if e.Event.IsZero() {
		return fmt.Sprintf("event %d of the page: %v", e.Index, e.Err)
	}
	return fmt.Sprintf("event %s, %s: %v", e.Event, e.Where, e.Err)
}

// Unwrap gives the cause.
func (e *EventError) Unwrap() error { return e.Err }

// Blame makes the error for a record, the one with this index in its page.
func Blame(index int, r *journal.Record, err error) *EventError {
	return &EventError{Index: index, Event: r.ID, Where: where(r), Err: err}
}

// where says what an event is, and where in the log.
func where(r *journal.Record) string {
	return fmt.Sprintf("%s at position %s (%s version %d)", r.Type, r.Position, r.Stream, r.Version)
}

// PanicError is a panic in a consumer's or reducer's own code. Only its type is given if its text could hold anything.
type PanicError struct{ Reason string }

func (e *PanicError) Error() string { return "panicked: " + e.Reason }

// Guard turns a panic into an error; it is to be deferred. Texts of the Go runtime hold no values of ours; others are
// left out.
func Guard(err *error) {
	switch p := recover().(type) {
	case nil:
	case interface {
		error
		RuntimeError()
	}:
		*err = &PanicError{p.Error()}
	default:
		*err = &PanicError{fmt.Sprintf("with a %T", p)}
	}
}

// OfAnotherLog reports whether a checkpoint belongs to another log: its reader begins again with this one. A position of
// this very log that is missing does not count: the log was put back to an earlier state, and what it lost must not be
// forgotten.
func OfAnotherLog(err error) bool {
	var e *journal.ForeignCheckpointError
	return errors.As(err, &e) && e.Checkpoint.Log != e.Log
}
