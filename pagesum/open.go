package pagesum

import (
	"strings"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// file is an open file as SQLite holds it. The file of the layer below follows it in memory.
type file struct {
	base lib.Tsqlite3_file
	name uintptr // SQLite's, valid while the file is open
	kind kind

	// For a write-ahead file, its main file.
	main uintptr

	// For a main file, the first part of the index that SQLite's connections share, 0 while it is not mapped, and
	// this connection's progress in copying.
	index  uintptr
	copies copies
	// unchecked says that SQLite may read this file without opening the write-ahead file, and so not notice that it is missing.
	unchecked bool
}

type kind uintptr

const (
	database kind = iota + 1
	writeAhead
)

// behind is the file of the layer below.
func behind(f uintptr) (own uintptr, methods *lib.Tsqlite3_io_methods) {
	own = f + unsafe.Sizeof(file{})
	return own, at[lib.Tsqlite3_io_methods](at[lib.Tsqlite3_file](own).FpMethods)
}

// below is SQLite's default layer at present; tests change it.
func below(tls *libc.TLS) (uintptr, *lib.Tsqlite3_vfs) {
	vfs := lib.Xsqlite3_vfs_find(tls, 0)
	return vfs, at[lib.Tsqlite3_vfs](vfs)
}

// openFile opens the main file and its write-ahead file with this layer and leaves all others, which are temporary
// or have their own checksums, to the layer below.
func openFile(tls *libc.TLS, ours, name, f uintptr, flags int32, out uintptr) int32 {
	if name == 0 || flags&(lib.SQLITE_OPEN_MAIN_DB|lib.SQLITE_OPEN_WAL) == 0 {
		vfs, own := below(tls)
		return function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](own.FxOpen)(tls, vfs, name, f, flags, out)
	}
	of := database
	if flags&lib.SQLITE_OPEN_WAL != 0 {
		of = writeAhead
	}
	return openOurs(tls, ours, name, f, flags, out, of, layer.methods)
}

// openOurs opens one of our files with flags for the layer below.
func openOurs(tls *libc.TLS, ours, name, f uintptr, flags int32, out uintptr, of kind, methods uintptr) int32 {
	vfs, own := below(tls)
	open := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](own.FxOpen)
	*at[file](f) = file{name: name, kind: database}
	sub := f + unsafe.Sizeof(file{})
	if own.FszOsFile > at[lib.Tsqlite3_vfs](ours).FszOsFile-int32(unsafe.Sizeof(file{})) {
		return lib.SQLITE_CANTOPEN // a later layer that needs more room than there is
	}
	path := libc.GoString(name)
	if of == writeAhead {
		path = strings.TrimSuffix(path, "-wal")
	}
	p := layer.join(f, path)
	if of == writeAhead {
		main := lib.Xsqlite3_database_file_object(tls, name)
		if code := p.openLog(tls, main); code != lib.SQLITE_OK { // before the layer below creates the file
			layer.leave(f)
			return code
		}
		at[file](f).kind, at[file](f).main = writeAhead, main
	}
	at[lib.Tsqlite3_file](sub).FpMethods = 0
	code := open(tls, vfs, name, sub, flags, out)
	if code != lib.SQLITE_OK {
		leave(f)
		return code
	}
	if _, methods := behind(f); methods.FiVersion < 2 { // no shared memory, so no write-ahead file either
		_ = closeFile(tls, f)
		return lib.SQLITE_CANTOPEN
	}
	at[file](f).base.FpMethods = methods
	return lib.SQLITE_OK
}

func deleteFile(tls *libc.TLS, _, name uintptr, durably int32) int32 {
	vfs, own := below(tls)
	return function[func(*libc.TLS, uintptr, uintptr, int32) int32](own.FxDelete)(tls, vfs, name, durably)
}

func access(tls *libc.TLS, _, name uintptr, flags int32, out uintptr) int32 {
	vfs, own := below(tls)
	return function[func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32](own.FxAccess)(tls, vfs, name, flags, out)
}

func fullPathname(tls *libc.TLS, _, name uintptr, size int32, out uintptr) int32 {
	vfs, own := below(tls)
	return function[func(*libc.TLS, uintptr, uintptr, int32, uintptr) int32](own.FxFullPathname)(tls, vfs, name, size, out)
}
