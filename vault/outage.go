package vault

import (
	"fmt"
	"time"
)

// OutageError: the vault's server does not answer, and calls fail without asking it until it does again. It is ErrUnavailable.
type OutageError struct {
	// Since is when the first question was sent that has no answer.
	Since time.Time
	Cause error
}

func (e *OutageError) Error() string {
	return fmt.Sprintf("vault: no answer since %s: %s", e.Since.UTC().Format(time.RFC3339), e.Cause)
}

// Unwrap gives ErrUnavailable and the cause.
func (e *OutageError) Unwrap() []error { return []error{ErrUnavailable, e.Cause} }
