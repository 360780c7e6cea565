package disk

import (
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

const cannotOpen = lib.SQLITE_CANTOPEN

// shim is the file layer that SQLite uses once the first disk was created. SQLite calls it by plain functions
// that carry no context of ours, so there is one per process.
var shim layer

type layer struct {
	mu     sync.Mutex
	disks  []*Disk
	open   map[uintptr]handle  // by the address of SQLite's file
	tables map[uintptr]uintptr // from SQLite's table of a file's methods to ours
	origin lib.Tsqlite3_vfs    // SQLite's own layer
	ready  bool
}

type handle struct {
	disk    *Disk
	file    *file
	path    string
	methods *lib.Tsqlite3_io_methods // SQLite's own
}

// at is the value at an address of SQLite's.
func at[T any](address uintptr) *T {
	return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&address))) // memory of SQLite's, which no collector moves
}

// pointer is the form in which SQLite calls a top-level Go function.
func pointer[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) // as modernc.org/sqlite does it
}

// function is the form in which Go calls a function of SQLite's.
func function[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ address uintptr }{address})) // as modernc.org/sqlite does it
}

func (l *layer) add(d *Disk) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ready {
		if err := l.register(); err != nil {
			return err
		}
		l.ready = true
	}
	l.disks = append(l.disks, d)
	return nil
}

func (l *layer) remove(d *Disk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range l.disks {
		if l.disks[i] == d {
			l.disks = append(l.disks[:i:i], l.disks[i+1:]...)
			return
		}
	}
}

// register makes ours the default layer.
func (l *layer) register() error {
	tls := libc.NewTLS()
	own := lib.Xsqlite3_vfs_find(tls, 0)
	ours := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	name, err := libc.CString("accountledger-faults")
	if own == 0 || ours == 0 || err != nil {
		return errors.New("disk: SQLite has no file layer")
	}
	l.origin = *at[lib.Tsqlite3_vfs](own)
	vfs := at[lib.Tsqlite3_vfs](ours)
	*vfs = l.origin
	vfs.FpNext, vfs.FzName = 0, name
	vfs.FxOpen, vfs.FxDelete = pointer(openFile), pointer(deleteFile)
	l.open, l.tables = map[uintptr]handle{}, map[uintptr]uintptr{}
	if code := lib.Xsqlite3_vfs_register(tls, ours, 1); code != lib.SQLITE_OK {
		return errors.New("disk: SQLite does not accept another file layer")
	}
	return nil
}

// over is the disk that a path is on; nil if it is not one of ours.
func (l *layer) over(path string) *Disk {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.disks {
		if strings.HasPrefix(path, d.dir+string(filepath.Separator)) {
			return d
		}
	}
	return nil
}

// take replaces SQLite's methods with ours.
func (l *layer) take(tls *libc.TLS, f uintptr, h handle) {
	l.mu.Lock()
	defer l.mu.Unlock()
	methods := &at[lib.Tsqlite3_file](f).FpMethods
	h.methods = at[lib.Tsqlite3_io_methods](*methods)
	table := l.tables[*methods]
	if table == 0 {
		table = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
		ours := at[lib.Tsqlite3_io_methods](table)
		*ours = *h.methods
		ours.FxClose, ours.FxWrite, ours.FxTruncate, ours.FxSync = pointer(closeFile), pointer(writeFile), pointer(truncateFile), pointer(syncFile)
		l.tables[*methods] = table
	}
	*methods = table
	l.open[f] = h
}

func (l *layer) of(f uintptr) handle {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open[f]
}

func openFile(tls *libc.TLS, vfs, name, f uintptr, flags int32, out uintptr) int32 {
	var h handle
	if name != 0 {
		h.path = libc.GoString(name)
		h.disk = shim.over(h.path)
	}
	if h.disk != nil {
		var code int32
		if h.file, code = h.disk.opened(h.path); code != 0 {
			at[lib.Tsqlite3_file](f).FpMethods = 0
			return code
		}
	}
	code := function[func(*libc.TLS, uintptr, uintptr, uintptr, int32, uintptr) int32](shim.origin.FxOpen)(tls, vfs, name, f, flags, out)
	if code == lib.SQLITE_OK && h.disk != nil {
		shim.take(tls, f, h)
	}
	return code
}

func deleteFile(tls *libc.TLS, vfs, name uintptr, durably int32) int32 {
	do := func() int32 {
		return function[func(*libc.TLS, uintptr, uintptr, int32) int32](shim.origin.FxDelete)(tls, vfs, name, 0)
	}
	path := libc.GoString(name)
	if d := shim.over(path); d != nil {
		return d.deleted(path, durably != 0, do)
	}
	return function[func(*libc.TLS, uintptr, uintptr, int32) int32](shim.origin.FxDelete)(tls, vfs, name, durably)
}

func closeFile(tls *libc.TLS, f uintptr) int32 {
	h := shim.of(f)
	shim.mu.Lock()
	delete(shim.open, f)
	shim.mu.Unlock()
	return function[func(*libc.TLS, uintptr) int32](h.methods.FxClose)(tls, f)
}

func writeFile(tls *libc.TLS, f, from uintptr, size int32, offset lib.Tsqlite3_int64) int32 {
	h := shim.of(f)
	data := append([]byte{}, unsafe.Slice(at[byte](from), size)...) // SQLite says how long it is
	return h.disk.change(Write, h.path, h.file, change{offset, data}, func() int32 {
		return function[func(*libc.TLS, uintptr, uintptr, int32, lib.Tsqlite3_int64) int32](h.methods.FxWrite)(tls, f, from, size, offset)
	})
}

func truncateFile(tls *libc.TLS, f uintptr, size lib.Tsqlite3_int64) int32 {
	h := shim.of(f)
	return h.disk.change(Truncate, h.path, h.file, change{at: size}, func() int32 {
		return function[func(*libc.TLS, uintptr, lib.Tsqlite3_int64) int32](h.methods.FxTruncate)(tls, f, size)
	})
}

func syncFile(_ *libc.TLS, f uintptr, _ int32) int32 {
	h := shim.of(f)
	return h.disk.synced(h.path, h.file)
}
