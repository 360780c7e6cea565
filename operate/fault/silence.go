package fault

import (
	"errors"
	"fmt"
	"os"
	"time"

	"accountledger/vault"
)

// SilenceError: a part of the ledger does not answer.
type SilenceError struct {
	Where Area
	Since time.Time // when it was asked
}

func (e *SilenceError) Error() string {
	return fmt.Sprintf("the %s has not answered since %s", e.Where, e.Since.UTC().Format(time.RFC3339))
}

// Unwrap says that it is a matter of time.
func (e *SilenceError) Unwrap() error { return os.ErrDeadlineExceeded }

func ofSilence(c *Cause, err error) {
	var silence *SilenceError
	var outage *vault.OutageError
	switch {
	case errors.As(err, &silence):
	case errors.As(err, &outage):
		silence = &SilenceError{Where: Vault, Since: outage.Since}
	default:
		return
	}
	c.set(Timeout)
	c.Says = silence.Error()
}
