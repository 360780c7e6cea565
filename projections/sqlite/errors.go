package sqlite

import (
	"fmt"

	"accountledger/pagesum"
	"accountledger/projections/view"
)

// explain turns what SQLite says of a damaged file into view.ErrCorrupt, with the place where a page does not match its checksum.
func explain(err error, path string) error {
	if !pagesum.Damaged(err) {
		return err
	}
	return fmt.Errorf("%w: %w", view.ErrCorrupt, pagesum.Explain(err, path))
}
