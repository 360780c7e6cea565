package pagesum

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// mismatch is the code that SQLite gets, and passes on, for a page that does not match its checksum: a kind of SQLITE_CORRUPT
// unused by SQLite itself. A failed read (SQLITE_IOERR_DATA, which cksumvfs returns) would make it roll back the whole transaction,
// including other callers' work in it.
const mismatch = lib.SQLITE_CORRUPT | 0x7f<<8

// DamageError reports that a page is not as written, or that a write-ahead file is not the main file's.
type DamageError struct {
	// File is the path of the main file or of its write-ahead file.
	File string
	// Offset is the page's offset in the file, in bytes; -1 if not known.
	Offset int64
	// Foreign says that File is not the write-ahead file that the main file beside it needs: one of the two is an older copy or
	// another database's, or the write-ahead file is missing or truncated.
	Foreign bool
}

// Error names the place but none of the content.
func (e *DamageError) Error() string {
	if e.Foreign {
		return fmt.Sprintf("the write-ahead file %s does not belong to its main file: it is missing or truncated, or one of the two is an older copy or another "+
			"database's; restore both from the same time", e.File)
	}
	if e.Offset < 0 {
		return fmt.Sprintf("a page of %s does not match its checksum", e.File)
	}
	return fmt.Sprintf("the page at offset %d of %s does not match its checksum", e.Offset, e.File)
}

// Damaged reports whether an error is SQLite's report of a damaged file: a page that does not match its checksum or
// makes no sense, or not an SQLite file at all.
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

// Explain adds a DamageError to an error of SQLite's for a page that does not match its checksum. path is
// the main file's. Other errors are returned unchanged.
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
