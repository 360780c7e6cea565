package runner

import (
	"errors"

	"accountledger/eventstore"
)

// foreign says whether a checkpoint belongs to another log, or to another history of it.
func foreign(err error) bool {
	var e *eventstore.ForeignCheckpointError
	return errors.As(err, &e)
}
