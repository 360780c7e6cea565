package pagesum

import (
	"encoding/binary"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

const (
	// headerBytes is how much of a file SQLite reads to learn its layout; pageSize is the page size of new files, in
	// bytes, SQLite's own default.
	headerBytes = 100
	pageSize    = 4096
	// atPageSize and atReserved are the offsets of these fields in a file's header.
	atPageSize, atReserved = 16, 20
)

// readFile passes SQLite only pages that are as written.
func readFile(tls *libc.TLS, f, into uintptr, size int32, offset lib.Tsqlite3_int64) int32 {
	whole := at[file](f)
	if whole.kind == database && offset == 0 && isPage(size) { // which may be being stamped
		p := layer.pair(f)
		if whole.unchecked {
			if code := p.openMain(tls, f); code != lib.SQLITE_OK {
				return code
			}
			whole.unchecked = false
		}
		p.first.RLock()
		defer p.first.RUnlock()
	}
	code := readBelow(tls, f, into, size, offset)
	switch {
	case code == lib.SQLITE_IOERR_SHORT_READ && whole.kind == database && offset == 0 && size == headerBytes:
		return fresh(tls, f, bytes(into, size))
	case code != lib.SQLITE_OK || !isPage(size):
		return code
	case whole.kind == database && !intact(offset, bytes(into, size)),
		whole.kind == writeAhead && !layer.pair(f).log.knows(offset, bytes(into, size)):
		layer.found(DamageError{File: nameOf(f), Offset: offset})
		return mismatch
	}
	return lib.SQLITE_OK
}

// fresh makes an empty file look as if it were laid out with room for checksums: SQLite then uses that layout
// when it writes the first page.
func fresh(tls *libc.TLS, f uintptr, header []byte) int32 {
	if length, code := sizeBelow(tls, f); code != lib.SQLITE_OK || length > 0 {
		return lib.SQLITE_IOERR_SHORT_READ
	}
	clear(header)
	binary.BigEndian.PutUint16(header[atPageSize:], pageSize)
	header[atReserved] = Reserved
	return lib.SQLITE_OK
}

// writeFile writes every page of the main file with its checksum.
func writeFile(tls *libc.TLS, f, from uintptr, size int32, offset lib.Tsqlite3_int64) int32 {
	switch p := layer.pair(f); {
	case at[file](f).kind == database && p.kept.Load():
		return lib.SQLITE_READONLY
	case at[file](f).kind == database && isPage(size):
		return p.writePage(tls, f, from, size, offset)
	case at[file](f).kind == database:
	case offset == 0 && size == logHeader:
		return p.begin(tls, f, from)
	case size >= leastPage: // not the header of a frame
		p.log.writing(offset, bytes(from, size))
		code := writeBelow(tls, f, from, size, offset)
		if code != lib.SQLITE_OK {
			p.log.forget()
		}
		return code
	}
	return writeBelow(tls, f, from, size, offset)
}

func truncateFile(tls *libc.TLS, f uintptr, size lib.Tsqlite3_int64) int32 {
	own, methods := behind(f)
	p := layer.pair(f)
	switch {
	case at[file](f).kind == writeAhead:
		p.log.forget()
	case p.kept.Load():
		return lib.SQLITE_READONLY
	}
	code := function[func(*libc.TLS, uintptr, lib.Tsqlite3_int64) int32](methods.FxTruncate)(tls, own, size)
	if code == lib.SQLITE_OK && at[file](f).copies == hasCopied {
		return p.copiedAll(tls, f)
	}
	return code
}

func syncFile(tls *libc.TLS, f uintptr, flags int32) int32 {
	if at[file](f).kind == writeAhead {
		return layer.pair(f).syncLog(tls, f, flags)
	}
	return syncBelow(tls, f, flags)
}

// fileControl records when SQLite begins to copy from the write-ahead file, and when it is done.
func fileControl(tls *libc.TLS, f uintptr, op int32, arg uintptr) int32 {
	switch op {
	case lib.SQLITE_FCNTL_CKPT_START:
		at[file](f).copies = beginsCopying
	case lib.SQLITE_FCNTL_CKPT_DONE:
		at[file](f).copies = hasCopied
	}
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, int32, uintptr) int32](m.FxFileControl)(tls, own, op, arg)
}

// shmMap records the address of the first part of the index.
func shmMap(tls *libc.TLS, f uintptr, region, size, extend int32, out uintptr) int32 {
	own, m := behind(f)
	code := function[func(*libc.TLS, uintptr, int32, int32, int32, uintptr) int32](m.FxShmMap)(tls, own, region, size, extend, out)
	if region == 0 {
		at[file](f).index = *at[uintptr](out)
	}
	return code
}

func shmUnmap(tls *libc.TLS, f uintptr, remove int32) int32 {
	at[file](f).index = 0
	own, m := behind(f)
	return function[func(*libc.TLS, uintptr, int32) int32](m.FxShmUnmap)(tls, own, remove)
}

func closeFile(tls *libc.TLS, f uintptr) int32 {
	leave(f)
	own, methods := behind(f)
	return function[func(*libc.TLS, uintptr) int32](methods.FxClose)(tls, own)
}

// leave forgets a file that is no longer open.
func leave(f uintptr) {
	if at[file](f).kind == writeAhead {
		layer.pair(f).closeLog()
	}
	layer.leave(f)
}

// fetch returns no page from mapped memory, where it would not be checked.
func fetch(_ *libc.TLS, _ uintptr, _ lib.Tsqlite3_int64, _ int32, out uintptr) int32 {
	*at[uintptr](out) = 0
	return lib.SQLITE_OK
}

func unfetch(*libc.TLS, uintptr, lib.Tsqlite3_int64, uintptr) int32 { return lib.SQLITE_OK }
