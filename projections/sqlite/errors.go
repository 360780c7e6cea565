package sqlite

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"

	"accountledger/pagesum"
	"accountledger/projections/view"
)

// explain turns SQLite's error for a damaged file into view.ErrCorrupt, with the place if a page does not match its checksum.
func explain(err error, path string) error {
	if !pagesum.Damaged(err) {
		return err
	}
	return fmt.Errorf("%w: %w", view.ErrCorrupt, pagesum.Explain(err, path))
}

// isStored reports whether a row could not be added because its id exists.
func isStored(err error) bool {
	var failed *sqlite.Error
	return errors.As(err, &failed) && failed.Code() == lib.SQLITE_CONSTRAINT_UNIQUE
}
