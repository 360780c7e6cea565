package runner

import (
	"errors"

	"accountledger/journal"
)

// foreign says whether a checkpoint belongs to another log, or to another history of it.
func foreign(err error) bool {
	var e *journal.ForeignCheckpointError
	return errors.As(err, &e)
}
