package view

import (
	"context"
	"fmt"
)

// GenerationID names one filling of a view. Numbers count up from 1 within a
// view, over all its versions.
type GenerationID struct {
	View    string
	Version int
	Number  int
}

// String gives name.v<version>.g<number>, as engines name what they store.
func (g GenerationID) String() string {
	return fmt.Sprintf("%s.v%d.g%d", g.View, g.Version, g.Number)
}

// Checkpoint is a place in a log, written and read by the consumer that folds
// the view; to an engine it is opaque, at most MaxCheckpoint bytes. A nil one is
// the beginning.
type Checkpoint []byte

// MaxCheckpoint bounds a checkpoint, in bytes.
const MaxCheckpoint = 4 << 10

// Batch is what one write carries.
type Batch struct {
	// Partition says whose checkpoint this is. Consumers that share a view's work
	// by the hash of the document id each have one; a single consumer uses 0.
	Partition int
	// Documents are whole ones, tombstones among them, each id at most once.
	Documents []*Document
	// New says of how many of Documents, the first ones, nothing was ever stored under their ids. It saves an
	// engine looking for them; where it is wrong, as after a repeat, the outcome is the same.
	New int
	// Checkpoint is where the consumer stands once Documents are stored. A nil one
	// leaves the stored one as it is.
	Checkpoint Checkpoint
}

// Engine keeps the generations of views.
//
// Every method can be called from many goroutines. What is said to be durable
// survives a crash of the process; after a loss of power an engine may stand
// at an earlier checkpoint, but never at one whose documents are not stored.
type Engine interface {
	// Open gives a generation of a view, making an empty one where there is none.
	// It can be opened many times; each has to be closed. Errors: ErrMismatch
	// when it was made for another declaration, ErrCorrupt.
	Open(ctx context.Context, schema Schema, number int) (Generation, error)
	// Generations lists what is stored of a view, oldest number first.
	Generations(ctx context.Context, view string) ([]GenerationID, error)
	// Live says which generation answers queries, ErrNoGeneration when none does.
	Live(ctx context.Context, view string) (GenerationID, error)
	// Swap makes a stored generation the live one in one durable step. Holders
	// of the generation that was live before keep it until they close it.
	Swap(ctx context.Context, id GenerationID) error
	// Drop deletes a generation that is not live. One that is still open
	// vanishes from Generations at once and from the disk when it is closed.
	// Dropping what is not there is no error; dropping the live one is ErrLive.
	Drop(ctx context.Context, id GenerationID) error
	// Remove deletes all generations of a view, the live one too, as Drop would:
	// for a view that the program no longer has.
	Remove(ctx context.Context, view string) error
	// Close releases everything. Generations must have been closed before.
	Close() error
}

// Generation is one filling of a view. A single writer at a time per partition
// is assumed, any number of readers is not.
type Generation interface {
	ID() GenerationID
	Schema() *Schema

	// Load gives the stored documents, tombstones among them, in the order of
	// ids and nil where nothing is stored. It sees every write that has returned.
	Load(ctx context.Context, ids []string) ([]*Document, error)
	// Write stores documents and then, or in the same step, the checkpoint. A
	// document whose Position is not greater than the stored one's is passed
	// over: that is a repeat or a late writer. After an error documents of the
	// batch may be stored but the checkpoint is not; write it again. Errors:
	// ErrDocument for what could never be stored; then nothing is.
	Write(ctx context.Context, batch Batch) error
	// Checkpoint gives what the last Write of the partition stored, nil when
	// none did.
	Checkpoint(ctx context.Context, partition int) (Checkpoint, error)
	// Searchable gives the newest checkpoint of the partition whose documents
	// Query and Count see. It equals Checkpoint where writing makes searchable.
	Searchable(ctx context.Context, partition int) (Checkpoint, error)
	// Refresh makes all that was written before it searchable.
	Refresh(ctx context.Context) error

	// Query answers a query over searchable documents, as one moment had them.
	// Errors: *InvalidError, ErrFilling, ErrTooManyBuckets.
	Query(ctx context.Context, query Query) (*Result, error)
	// Count gives the number of documents, tombstones left out.
	Count(ctx context.Context) (int64, error)

	// BeginFill says that very many documents are about to be written, so that
	// what queries need can be built at the end instead. It outlives a restart;
	// until EndFill a crash may take back the newest writes, checkpoints with
	// their documents, and queries may give ErrFilling.
	BeginFill(ctx context.Context) error
	// EndFill builds what BeginFill left out. Cancelled or cut off by a crash it
	// can be called again. Without BeginFill it does nothing.
	EndFill(ctx context.Context) error

	// Close releases this handle. Writes and queries after it give ErrClosed.
	Close() error
}

// Get gives one document, ErrNotFound when there is none or only a tombstone.
// It sees every write that has returned, also where queries do not yet.
func Get(ctx context.Context, g Generation, id string) (*Document, error) {
	found, err := g.Load(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if found[0] == nil || found[0].Deleted {
		return nil, ErrNotFound
	}
	return found[0], nil
}

// NextNumber gives the number for a new generation of a view.
func NextNumber(ctx context.Context, e Engine, name string) (int, error) {
	all, err := e.Generations(ctx, name)
	if err != nil {
		return 0, err
	}
	next := 1
	for _, g := range all {
		next = max(next, g.Number+1)
	}
	return next, nil
}
