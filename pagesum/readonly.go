package pagesum

import (
	"errors"
	"fmt"
	"net/url"
	"os"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// readOnlyName is the name of the layer for read-only files.
const readOnlyName = name + "-readonly"

// ReadOnlyAddress returns the driver's address of a file to be read without changing it, on a file system that may be
// mounted read-only. Nothing is created, changed, locked or removed: a write-ahead file that
// a crash left is read too, and its index is kept in memory. Any number of processes may read at once. The caller
// must make sure that no process has the file open for writing, as SQLite's own locks are not taken.
//
// It returns fs.ErrNotExist if there is no such file. Use CheckLog first to find damage in the write-ahead file.
func ReadOnlyAddress(path string) (string, error) {
	if _, err := VFS(); err != nil {
		return "", err
	}
	main, err := os.Stat(path)
	if err != nil {
		return "", fmt.Errorf("pagesum: %w", err)
	}
	q := url.Values{"mode": {"ro"}, "vfs": {readOnlyName}, "_dqs": {"0"}, "_query_only": {"1"}, "_pragma": {
		"locking_mode(EXCLUSIVE)", // before the first read: this keeps the index of the write-ahead file in memory
		"temp_store(MEMORY)", "trusted_schema(OFF)",
	}}
	switch log, err := os.Stat(path + "-wal"); {
	case errors.Is(err, os.ErrNotExist), err == nil && (log.Size() == 0 || main.Size() == 0):
		q.Set("immutable", "1") // otherwise SQLite would create a write-ahead file, and discard that of an empty main file
	case err != nil:
		return "", fmt.Errorf("pagesum: %w", err)
	}
	return (&url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}).String(), nil
}

// readOnlyMethods are the methods of a read-only file.
func readOnlyMethods() lib.Tsqlite3_io_methods {
	m := methods()
	m.FxWrite, m.FxTruncate, m.FxSync = pointer(writeNothing), pointer(truncateNothing), pointer(syncNothing)
	m.FxLock, m.FxUnlock, m.FxCheckReservedLock = pointer(lockNothing), pointer(lockNothing), pointer(noReservedLock)
	m.FxShmMap, m.FxShmLock = pointer(noSharedMemory), pointer(noSharedLock)
	return m
}

// openReadOnly opens the main file and its write-ahead file for reading, and no other file.
func openReadOnly(tls *libc.TLS, ours, name, f uintptr, flags int32, out uintptr) int32 {
	of := database
	switch {
	case name != 0 && flags&lib.SQLITE_OPEN_MAIN_DB != 0:
	case name != 0 && flags&lib.SQLITE_OPEN_WAL != 0:
		of = writeAhead
	default:
		at[lib.Tsqlite3_file](f).FpMethods = 0
		return lib.SQLITE_CANTOPEN
	}
	// The layer below would set the owner of a write-ahead file, but not of a main file.
	flags = flags&^(lib.SQLITE_OPEN_READWRITE|lib.SQLITE_OPEN_CREATE|lib.SQLITE_OPEN_WAL) | lib.SQLITE_OPEN_READONLY | lib.SQLITE_OPEN_MAIN_DB
	code := openOurs(tls, ours, name, f, flags, out, of, layer.readOnly)
	if code == lib.SQLITE_OK {
		at[file](f).unchecked = of == database
	}
	return code
}

func deleteNothing(*libc.TLS, uintptr, uintptr, int32) int32 { return lib.SQLITE_READONLY }

func writeNothing(*libc.TLS, uintptr, uintptr, int32, lib.Tsqlite3_int64) int32 {
	return lib.SQLITE_READONLY
}

func truncateNothing(*libc.TLS, uintptr, lib.Tsqlite3_int64) int32 { return lib.SQLITE_READONLY }

func syncNothing(*libc.TLS, uintptr, int32) int32 { return lib.SQLITE_OK }

// lockNothing grants every lock: nobody writes, by the contract of ReadOnlyAddress.
func lockNothing(*libc.TLS, uintptr, int32) int32 { return lib.SQLITE_OK }

func noReservedLock(_ *libc.TLS, _, out uintptr) int32 {
	*at[int32](out) = 0
	return lib.SQLITE_OK
}

// noSharedMemory refuses the file that connections of several processes would share.
func noSharedMemory(_ *libc.TLS, _ uintptr, _, _, _ int32, out uintptr) int32 {
	*at[uintptr](out) = 0
	return lib.SQLITE_READONLY
}

func noSharedLock(*libc.TLS, uintptr, int32, int32, int32) int32 { return lib.SQLITE_READONLY }
