package commands

import (
	"errors"

	"accountledger/journal"
)

// ignoreUnreadable lets a part whose key is gone read as empty: that is what erasure is for.
func ignoreUnreadable(err error) error {
	if errors.Is(err, journal.ErrUnreadable) {
		return nil
	}
	return err
}
