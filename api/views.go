package api

import (
	"context"
	"errors"
	"time"

	"accountledger/journal"
	"accountledger/projections/view"
)

// ErrBehind means that a view did not reach the position asked for in time.
var ErrBehind = errors.New("api: the view is behind")

// Views answers queries of the live generations of views. It is safe for concurrent use.
type Views interface {
	// Schema gives the declaration of a view, and false when there is no such view.
	Schema(name string) (*view.Schema, bool)
	// Query waits until the view knows all up to min, at most for wait (then ErrBehind), and answers with the
	// generation that was asked. Other errors: those of view.Generation's Query.
	Query(ctx context.Context, name string, q view.Query, min journal.Position, wait time.Duration) (*view.Result, view.GenerationID, error)
}
