// Package pagesum gives SQLite files a checksum on every page, which SQLite itself has not.
//
// It is a file layer (a VFS) of SQLite's, after the manner of SQLite's own cksumvfs: the last bytes of every page of
// the main file are kept free and hold the page's checksum, a 64-bit xxHash over its other bytes and its offset. The
// checksum is made when the page is written to the file and checked whenever it is read from there; a page that does not
// match is never given to SQLite, which then fails with SQLITE_CORRUPT. Explain says which page of which file it was.
//
// Pages in the write-ahead file carry SQLite's own checksums, which SQLite checks when it opens a file that was not
// closed; what does not match it takes for the end of the file, which CheckLog can tell from damage. While a file is open
// this layer also keeps in memory what was written to the write-ahead file and checks what is read back, so that what
// goes bad there is not copied into the main file and sealed with a good checksum.
//
// The main file says which write-ahead file belongs to it (stamp). An older copy of one of the two beside the other, another database's,
// or a write-ahead file that was cut or deleted while the main file needs it, is refused before SQLite takes anything
// from it, as a DamageError too. An older main file of the same filling is no damage: all that came since is in the
// write-ahead file. Nor is a write-ahead file that lost its end but no page that was copied: a loss of
// power leaves the same.
//
// A file is opened by this layer with the parameter vfs, whose value VFS gives; it is made with room for checksums if it
// is new. A file that was made without is refused as damaged. The other way round, whoever writes such a file without
// this layer, the sqlite3 shell too, leaves pages whose checksums are wrong: look with it at copies only, or with -readonly while
// the program runs.
//
// The layer lies over whatever SQLite's default one is at the moment when a file is opened.
package pagesum
