package fault

import "errors"

// UnfitError: what the process has open does not fit together any more. It says so in the program's own words, with what to do.
type UnfitError struct{ Says string }

func (e *UnfitError) Error() string { return e.Says }

func ofUnfit(c *Cause, err error) {
	var unfit *UnfitError
	if errors.As(err, &unfit) {
		c.set(Foreign)
		c.Says = unfit.Says
	}
}
