// Package pagesum adds to SQLite files a checksum on every page, which SQLite itself lacks.
//
// It is a file layer (a VFS) of SQLite's, modelled on SQLite's own cksumvfs: the last bytes of every page of
// the main file are reserved for the page's checksum, a 64-bit xxHash of its other bytes and its offset. The
// checksum is computed when the page is written to the file and checked whenever it is read; a page that does not
// match is never passed to SQLite, which then fails with SQLITE_CORRUPT. Explain reports which page of which file it was.
//
// Pages in the write-ahead file carry SQLite's own checksums, which SQLite checks when it opens a file that was not
// closed; it takes a mismatch for the end of the file, which CheckLog can tell from damage. While a file is open
// this layer also remembers checksums of what was written to the write-ahead file and checks what is read back, so that
// damage there is not copied into the main file and sealed with a good checksum.
//
// The main file records which write-ahead file belongs to it (stamp). A combination with an older copy of one of the two, with another
// database's, or with a write-ahead file that was truncated or deleted while the main file needs it, is refused before SQLite reads
// anything from it, also with a DamageError. An older main file of the same filling is not damage: everything since is in the
// write-ahead file. Neither is a write-ahead file that lost its end but no page that was copied: a loss of
// power leaves the same.
//
// A file is opened with this layer by the parameter vfs, whose value VFS returns; a new file is created with room for
// checksums. A file created without is refused as damaged. Conversely, programs that write such a file without
// this layer, including the sqlite3 shell, leave pages with wrong checksums: use it only on copies, or with -readonly while
// the program runs.
//
// The layer sits on top of SQLite's default one at the time a file is opened.
package pagesum
