package vault

import (
	"fmt"
	"time"
)

// OutageError: the vault's server does not answer, and calls fail immediately until it does again. It is ErrUnavailable.
type OutageError struct {
	// Since is when the first unanswered request was sent.
	Since time.Time
	Cause error
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("vault: no answer since %s: %s", e.Since.UTC().Format(time.RFC3339), e.Cause)
}

// Unwrap returns ErrUnavailable and the cause.
func (e *OutageError) Unwrap() []error { return []error{ErrUnavailable, e.Cause} }
