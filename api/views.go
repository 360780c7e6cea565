package api

import (
	"context"
	"errors"
	"time"

	"accountledger/journal"
	"accountledger/projections/view"
)

// ErrBehind means that a view did not reach the requested position in time.
var ErrBehind = errors.New("api: the view is behind")

// Views queries the live generations of views. It is safe for concurrent use.
type Views interface {
	// Schema gives the declaration of a view; false if there is no such view.
	Schema(name string) (*view.Schema, bool)
	// Query waits until the view has reached from, at most for wait (then ErrBehind), and gives the generation
	// that answered. Other errors are those of view.Generation's Query.
	Query(ctx context.Context, name string, q view.Query, from journal.Position, wait time.Duration) (*view.Result, view.GenerationID, error)
}
