package pagesum

import (
	"encoding/binary"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

const (
	// headerBytes is how much SQLite reads of a file to learn how it is laid out; pageSize is what a new file gets, in
	// bytes, which is SQLite's own default.
	headerBytes = 100
	pageSize    = 4096
	// atPageSize and atReserved are where a file's header says so.
	atPageSize, atReserved = 16, 20
)

// readFile gives SQLite no page that is not as it was written.
func readFile(tls *libc.TLS, f, into uintptr, size int32, offset lib.Tsqlite3_int64) int32 {
	own, methods := behind(f)
	code := function[func(*libc.TLS, uintptr, uintptr, int32, lib.Tsqlite3_int64) int32](methods.FxRead)(tls, own, into, size, offset)
	whole := at[file](f)
	switch {
	case code == lib.SQLITE_IOERR_SHORT_READ && whole.kind == database && offset == 0 && size == headerBytes:
		return fresh(tls, f, bytes(into, size))
	case code != lib.SQLITE_OK || !isPage(size):
		return code
	case whole.kind == database && !intact(offset, bytes(into, size)),
		whole.kind == writeAhead && !layer.log(f).knows(offset, bytes(into, size)):
		layer.found(libc.GoString(whole.name), offset)
		return mismatch
	}
	return lib.SQLITE_OK
}

// fresh lets an empty file look as if it were laid out with room for checksums: SQLite keeps to that
// when it writes the first page.
func fresh(tls *libc.TLS, f uintptr, header []byte) int32 {
	own, methods := behind(f)
	var length lib.Tsqlite3_int64
	stack := tls.Alloc(8)
	defer tls.Free(8)
	code := function[func(*libc.TLS, uintptr, uintptr) int32](methods.FxFileSize)(tls, own, stack)
	if length = *at[lib.Tsqlite3_int64](stack); code != lib.SQLITE_OK || length > 0 {
		return lib.SQLITE_IOERR_SHORT_READ
	}
	clear(header)
	binary.BigEndian.PutUint16(header[atPageSize:], pageSize)
	header[atReserved] = Reserved
	return lib.SQLITE_OK
}

// writeFile puts its checksum into every page of the main file.
func writeFile(tls *libc.TLS, f, from uintptr, size int32, offset lib.Tsqlite3_int64) int32 {
	own, methods := behind(f)
	write := function[func(*libc.TLS, uintptr, uintptr, int32, lib.Tsqlite3_int64) int32](methods.FxWrite)
	whole := at[file](f)
	if whole.kind == writeAhead {
		if size < leastPage { // the header of a page, or of the file
			return write(tls, own, from, size, offset)
		}
		l := layer.log(f)
		l.writing(offset, bytes(from, size))
		code := write(tls, own, from, size, offset)
		if code != lib.SQLITE_OK {
			l.forget()
		}
		return code
	}
	if isPage(size) {
		seal(offset, bytes(from, size))
	}
	return write(tls, own, from, size, offset)
}

func truncateFile(tls *libc.TLS, f uintptr, size lib.Tsqlite3_int64) int32 {
	own, methods := behind(f)
	if at[file](f).kind == writeAhead {
		layer.log(f).forget()
	}
	return function[func(*libc.TLS, uintptr, lib.Tsqlite3_int64) int32](methods.FxTruncate)(tls, own, size)
}

func closeFile(tls *libc.TLS, f uintptr) int32 {
	own, methods := behind(f)
	if at[file](f).kind == writeAhead {
		layer.leave(f)
	}
	return function[func(*libc.TLS, uintptr) int32](methods.FxClose)(tls, own)
}

// fetch gives no page out of mapped memory, where nobody would check it.
func fetch(_ *libc.TLS, _ uintptr, _ lib.Tsqlite3_int64, _ int32, out uintptr) int32 {
	*at[uintptr](out) = 0
	return lib.SQLITE_OK
}

func unfetch(*libc.TLS, uintptr, lib.Tsqlite3_int64, uintptr) int32 { return lib.SQLITE_OK }
