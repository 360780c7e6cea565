package embedded

import (
	"time"

	"github.com/cockroachdb/pebble/v2"

	"accountledger/eventstore"
)

// group is what becomes durable with one fsync.
type group struct {
	batch   *pebble.Batch // nil when the group only answers
	first   uint64        // position of its first event
	last    head          // its last event
	answers []answer
	runs    []run     // the events, for readers near the head
	handed  time.Time // when it was handed to the disk
}

// answer is what a caller gets when the group is durable.
type answer struct {
	request *request
	kind    answerKind
	version int64 // last version of the append; the actual one for a conflict
	at      uint64
}

type answerKind uint8

const (
	isAppended answerKind = iota
	isRepeat              // the same events were already there
	isConflict
)

// outcome is the answer when the group is durable.
func (a *answer) outcome() outcome {
	if a.kind == isConflict {
		return outcome{err: &eventstore.ConflictError{Stream: a.request.stream, Expected: a.request.expected, Actual: a.version}}
	}
	return outcome{appended: eventstore.Appended{Version: a.version, Position: eventstore.NewPosition(a.at, a.at)}}
}

// run is the events of one append with their first position.
type run struct {
	first   uint64
	count   int
	records []byte
}
