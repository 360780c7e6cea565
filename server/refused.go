package server

import "errors"

// Errors of --accept.
var (
	// ErrNothingToAccept: the ledger starts without it.
	ErrNothingToAccept = errors.New("there is nothing to accept: the parts of the ledger fit together; start it without --accept")
	// ErrNotAcceptable: --accept names something else than what is wrong.
	ErrNotAcceptable = errors.New("--accept does not help here")
)
