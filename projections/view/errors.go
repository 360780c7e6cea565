package view

import (
	"errors"
	"fmt"
)

var (
	// ErrDocument means that a document cannot be stored in its view. The
	// reducer that made it is wrong: trying again changes nothing.
	ErrDocument = errors.New("view: not a document of this view")
	// ErrNotFound means that there is no such document.
	ErrNotFound = errors.New("view: no such document")
	// ErrNoGeneration means that the generation does not exist, or that none of
	// the view is live.
	ErrNoGeneration = errors.New("view: no such generation")
	// ErrMismatch means that a generation was made for another declaration, or
	// by an engine that stores otherwise: fold the view into the next one again.
	ErrMismatch = errors.New("view: the generation was made for another declaration")
	// ErrCorrupt means that what is stored cannot be trusted: fold the view again
	// into another generation and drop this one.
	ErrCorrupt = errors.New("view: the generation is damaged")
	// ErrLive means that the generation is the live one and cannot be dropped.
	ErrLive = errors.New("view: the generation is live")
	// ErrFilling means that the generation is being filled and answers no
	// queries until that has ended.
	ErrFilling = errors.New("view: the generation is being filled")
	// ErrTooManyBuckets means that a histogram has more than MaxBuckets buckets:
	// ask for a longer interval or for less time.
	ErrTooManyBuckets = errors.New("view: too many buckets")
	// ErrUnavailable means that the engine is out of reach, or cannot take or
	// answer anything now: try again later. Nothing that was written is lost.
	ErrUnavailable = errors.New("view: the engine does not answer or takes nothing now")
	// ErrClosed means that the generation or the engine has been closed.
	ErrClosed = errors.New("view: closed")
)

// InvalidError says where a query is wrong and what would be right. It never
// repeats a value or a name that the caller made up.
type InvalidError struct {
	// Pointer is a JSON pointer into the query, such as /filter/all/0/field.
	Pointer string
	// Message is one sentence in plain English, to be shown to the caller.
	Message string
}

func (e *InvalidError) Error() string {
	return fmt.Sprintf("view: query: %s: %s", e.Pointer, e.Message)
}
