package commands

import (
	"errors"

	"accountledger/journal"
)

// ignoreUnreadable makes a part whose key is destroyed read as empty, as it should after an erasure.
func ignoreUnreadable(err error) error {
	if errors.Is(err, journal.ErrUnreadable) {
		return nil
	}
	return err
}
