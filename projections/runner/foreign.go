package runner

import (
	"errors"

	"accountledger/journal"
)

// ofAnother says whether a checkpoint belongs to another log, whose readers begin again with this one. A place of this very log that
// is not there is no reason to: the log was put back to an earlier state, and what it lost is not to be forgotten.
func ofAnother(err error) bool {
	var e *journal.ForeignCheckpointError
	return errors.As(err, &e) && e.Checkpoint.Log != e.Log
}

// foreign says whether a checkpoint belongs to another log, or to another history of it.
func foreign(err error) bool {
	var e *journal.ForeignCheckpointError
	return errors.As(err, &e)
}
