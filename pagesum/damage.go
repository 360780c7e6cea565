package pagesum

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// mismatch is what SQLite is told of a page that does not match its checksum, and tells on: a kind of SQLITE_CORRUPT that SQLite
// itself has no use for. A failed read (SQLITE_IOERR_DATA, which cksumvfs gives) would make it roll back the whole transaction, and
// with it those of other callers who share it.
const mismatch = lib.SQLITE_CORRUPT | 0x7f<<8

// DamageError says that a page is not as it was written, or that a write-ahead file is not the main file's.
type DamageError struct {
	// File is the path of the main file or of its write-ahead file.
	File string
	// Offset is where the page begins, in bytes from the start of the file; -1 when it is not known.
	Offset int64
	// Foreign says that File is not the write-ahead file that the main file beside it needs: one of the two is an older copy or
	// another database's, or the write-ahead file is missing or was cut.
	Foreign bool
}

// Error names the place, and nothing of what is there.
func (e *DamageError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("the write-ahead file %s does not belong to the main file beside it: it is missing or cut, or one of the two is older or another database's; put back the two of one time", e.File)
	}
	if e.Offset < 0 {
		return fmt.Sprintf("a page of %s does not match its checksum", e.File)
	}
	return fmt.Sprintf("the page at offset %d of %s does not match its checksum", e.Offset, e.File)
}

// Damaged says whether an error is SQLite's word for a damaged file: a page that does not match its checksum, one that
// makes no sense, or no SQLite file at all.
func Damaged(err error) bool {
	if err == nil {
		return false
	}
	var damage *DamageError
	if errors.As(err, &damage) {
		return true
	}
	var e *driver.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() & 0xff {
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return true
	}
	return false
}

// Explain adds a DamageError to an error of SQLite's that comes from a page which does not match its checksum. path is
// the main file's. Other errors are given back as they are.
func Explain(err error, path string) error {
	if err == nil {
		return nil
	}
	var damage *DamageError
	var e *driver.Error
	if errors.As(err, &damage) || !errors.As(err, &e) || e.Code() != mismatch {
		return err
	}
	return fmt.Errorf("%w: %w", err, layer.damage(path))
}
