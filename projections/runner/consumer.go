package runner

import (
	"context"
	"errors"
	"fmt"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/leases"
)

// Consumer reads the log from its own checkpoint on. Its methods are called by one goroutine at a time.
type Consumer interface {
	// Name is unique among the consumers of a runner.
	Name() string
	// Checkpoint is where the consumer stands, the zero one at the beginning. It is asked at the start and
	// whenever the log is to be read again; it may take long, as when a view is filled first.
	Checkpoint(ctx context.Context) (journal.Checkpoint, error)
	// Handle deals with a page, in order. When it returns nil, what it did is stored with page.Checkpoint; a page can
	// come again, and one without records only moves the checkpoint. ctx ends when the runner closes.
	//
	// An *EventError says that one event is at fault; an error that wraps ErrUnusable, that what the consumer stored
	// is; one that wraps ErrMoved, that the log is to be read again from the checkpoint as it is now; every other
	// error is taken as passing trouble, and the page is tried again for ever.
	Handle(ctx context.Context, page journal.Page) error
}

// Recoverer is a consumer that can go on when its checkpoint is of another log or what it stored cannot be
// used: by beginning again, or at the head. One without it stops.
type Recoverer interface {
	Recover(ctx context.Context, why error) error
}

// Searcher is a consumer with readers: Searchable returns once they see everything up to its checkpoint.
type Searcher interface {
	Searchable(ctx context.Context) error
}

// Conditioned is a consumer that knows more of its condition than the runner does, as while it is being
// rebuilt. The zero State means that it does not.
type Conditioned interface {
	Condition() (State, string)
}

// Leased is a consumer whose work is done by one process at a time, where several share in it: by the one that holds
// the lease of this name. A runner without leases runs it as any other.
type Leased interface {
	Lease() string
}

// Holder is a Leased consumer that needs the lease itself. Begin is called before it is asked for its checkpoint, and
// tried again while it fails; End after its last page and before the lease is released, or after the lease was
// lost. Between End and Begin nothing else is called but Name and Lease.
type Holder interface {
	Begin(ctx context.Context, lease *leases.Lease) error
	End(ctx context.Context)
}

// Mover is a consumer whose checkpoint may change by itself, as when another process exchanged what it stores, or when whoever
// asks it found that damaged: it calls again, and the log is read from its checkpoint as it is then.
type Mover interface {
	OnMove(again func())
}

// Part is a consumer that does a part of something with a name of its own, such as one partition of a view.
type Part interface {
	Of() string
}

// Stored is a consumer that can say where it stands without being run here.
type Stored interface {
	Stored(ctx context.Context) (journal.Checkpoint, error)
}

// State is the condition of a consumer.
type State string

// States.
const (
	Running    State = "running"    // it is at the head, or on the way there
	Waiting    State = "waiting"    // it cannot go on yet, and tries again by itself
	Stopped    State = "stopped"    // it does not go on by itself
	Rebuilding State = "rebuilding" // what it stores is being made anew
	Elsewhere  State = "elsewhere"  // another process works on it
)

var (
	// ErrUnusable means that what a consumer stored cannot be used: it must recover.
	ErrUnusable = errors.New("runner: what the consumer stored cannot be used")
	// ErrMoved means that what a consumer stores was exchanged, and its checkpoint with it.
	ErrMoved = errors.New("runner: what the consumer stores was exchanged")
	// ErrElsewhere means that another process works on the consumer's part: how far that is, is not known here.
	ErrElsewhere = errors.New("runner: another process works on it")
	// ErrStopped means that the consumer has stopped. The log and the status say why.
	ErrStopped = errors.New("runner: the consumer has stopped")
	// ErrUnknown means that there is no consumer or view of that name.
	ErrUnknown = errors.New("runner: no such consumer")
	// ErrRebuilding means that a view has no generation that could answer; one is being filled.
	ErrRebuilding = errors.New("runner: the view is being rebuilt")
	// ErrClosed means that the runner or the views have been closed.
	ErrClosed = errors.New("runner: closed")
)

// Skipper is a consumer that operators can let go on past an event that it cannot digest. Once Skipped says so of the event at
// which it has stopped, it is handed that event again, and then has to deal with it.
type Skipper interface {
	Skipped(ctx context.Context, event domain.EventID) (bool, error)
}

// EventError says which event of a page a consumer cannot digest. Those before it are not at fault.
type EventError struct {
	Index int // in the page's records
	// Event is the event's id, zero where the consumer does not say; Place tells its type and where it stands.
	Event domain.EventID
	Place string
	Err   error
}

func (e *EventError) Error() string {
	if e.Event.IsZero() {
		return fmt.Sprintf("event %d of the page: %v", e.Index, e.Err)
	}
	return fmt.Sprintf("event %s, %s: %v", e.Event, e.Place, e.Err)
}

// faultOf names the event at fault.
func faultOf(index int, r *journal.Record, err error) *EventError {
	return &EventError{Index: index, Event: r.ID, Place: placeOf(r), Err: err}
}

// placeOf tells what an event is and where it stands.
func placeOf(r *journal.Record) string {
	return fmt.Sprintf("%s at position %s (%s version %d)", r.Type, r.Position, r.Stream, r.Version)
}

// Unwrap gives the cause.
func (e *EventError) Unwrap() error { return e.Err }

// PanicError is a panic of a consumer's or reducer's own code, told by its type where its text could hold
// anything.
type PanicError struct{ Reason string }

func (e *PanicError) Error() string { return "panicked: " + e.Reason }

// guard turns a panic into an error. Texts of the Go runtime hold no values of ours; others are left out.
func guard(err *error) {
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
