// Package eventstore is the port to the log: the only source of truth.
//
// A log is an append-only sequence of events in streams. It knows bytes, not
// meanings: typed events, sealing and envelopes belong to package journal. Engines
// are subfolders; every one of them passes package storetest.
package eventstore

import (
	"context"
	"iter"

	"github.com/google/uuid"
)

// Limits that every engine enforces, so that a log can move from one to another.
const (
	// MaxAppendBytes bounds what one Append may carry: names, data and metadata together.
	MaxAppendBytes = 512 << 10
	// MaxNameBytes bounds a stream's and a type's name.
	MaxNameBytes = 255
)

// Versions of a stream count from 0.
const (
	// NoStream is the expected version of a stream that does not exist yet.
	NoStream int64 = -1
	// Start and End are where a read of a stream begins.
	Start int64 = 0
	End   int64 = -1
)

// Event is one entry to append. Its bytes are the record: they are written once
// and never re-encoded.
type Event struct {
	ID       uuid.UUID
	Type     string
	Data     []byte
	Metadata []byte
}

// Recorded is an entry of the log.
type Recorded struct {
	Event
	Stream   string
	Version  int64
	Position Position
}

// Appended is the place of the last event of an append.
type Appended struct {
	Version  int64
	Position Position
}

// Checkpoint is a place in one particular log, verified when a reader starts
// from it. The zero Checkpoint is the beginning of any log.
type Checkpoint struct {
	Log      uuid.UUID `json:"log"`
	Position Position  `json:"position"`
	// Event is the id of the event at Position.
	Event uuid.UUID `json:"event"`
}

// IsZero reports whether c is the beginning of any log.
func (c Checkpoint) IsZero() bool { return c.Position.IsZero() }

// Page is a run of the log in commit order, without gaps. Events may be empty:
// the engine skipped entries of its own, and Checkpoint still moves.
type Page struct {
	Events     []Recorded
	Checkpoint Checkpoint
}

// Unit is what Distance counts.
type Unit string

// What engines count between two positions.
const (
	UnitEvents Unit = "events"
	UnitBytes  Unit = "bytes"
)

// Direction of a read of a stream.
type Direction int

// Directions.
const (
	Forwards Direction = iota
	Backwards
)

// Store is the log.
//
// An acknowledged append survives a crash and a loss of power. Readers see
// only what is durable, and always a prefix of the log: no reader can pass an
// event that commits later. All methods are safe for concurrent use.
type Store interface {
	// LogID is set when the log is created, and changed by restore, import and move.
	LogID(ctx context.Context) (uuid.UUID, error)

	// Append adds events to the end of stream, all or none, if its last version is
	// expected (NoStream: if it has none). The same ids again at the same expected
	// version return the original place; some of them, or others, return a
	// *ConflictError. ErrUnknownOutcome means that nobody knows: read the stream
	// from expected+1, or append the same events again.
	//
	// Other errors, all of which mean that nothing was appended: ErrInvalid,
	// ErrTooLarge, ErrReadOnly, ErrNoSpace, ErrFenced, ErrUnavailable, ErrClosed, and ctx's when it
	// ended before the events were handed to the log.
	Append(ctx context.Context, stream string, expected int64, events ...Event) (Appended, error)

	// ReadStream yields a stream's events from a version, that one included, as the
	// leader has them; End is the last event, and only for Backwards. A stream that
	// does not exist yields nothing. A failed read ends with its error.
	ReadStream(ctx context.Context, stream string, direction Direction, from int64) iter.Seq2[Recorded, error]

	// ReadAll returns up to limit events after a position, in commit order. A page whose
	// Checkpoint is still at `after` is the current end of the log.
	ReadAll(ctx context.Context, after Position, limit int) (Page, error)

	// Subscribe reads from a checkpoint without end: first what is there, then what
	// is appended. A checkpoint of another log is a *ForeignCheckpointError.
	Subscribe(ctx context.Context, from Checkpoint) (Subscription, error)

	// Head is the place of the last durable event; the zero Checkpoint when there is none.
	Head(ctx context.Context) (Checkpoint, error)

	// Distance is how much there is after `from` up to `to`; 0 if from is not before to.
	Distance(ctx context.Context, from, to Position) (int64, Unit, error)

	// Close lets running appends end, refuses new ones and releases the log. It may be called twice.
	Close() error
}

// Subscription returns pages of the log. It holds no more than a few pages,
// however slow its reader is.
type Subscription interface {
	// Next waits for the next page, at most limit events. After an error the
	// subscription is unusable: subscribe again from the last checkpoint.
	Next(ctx context.Context, limit int) (Page, error)
	// Close releases the subscription; a Next under way ends with ErrClosed.
	Close() error
}
