package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"accountledger/projections/view"
)

// explain turns what SQLite says of a damaged file into view.ErrCorrupt.
func explain(err error) error {
	var e *driver.Error
	if errors.As(err, &e) {
		switch e.Code() & 0xff {
		case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB:
			return fmt.Errorf("%w: %w", view.ErrCorrupt, err)
		}
	}
	return err
}
