package pagesum

import (
	"errors"
	"path/filepath"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// name is the layer's name, the value of the parameter vfs.
const name = "accountledger-pagesum"

// layer is how SQLite's calls of plain functions, which carry no context of ours, find the Go side. SQLite has one list
// of layers per process, and this belongs to our entry in it.
var layer registry

type registry struct {
	register sync.Once
	err      error
	methods  uintptr // the table of a file's methods, which never changes
	readOnly uintptr // the same for a read-only file

	mu     sync.Mutex
	faults map[string]DamageError // the last one found, by path
	pairs  map[string]*pair       // the open ones, by the path of the main file
	open   map[uintptr]*pair      // by the address of SQLite's file
}

// VFS registers the layer with SQLite if necessary, and returns its name for the parameter vfs of a
// file's address.
func VFS() (string, error) {
	layer.register.Do(func() { layer.err = layer.enter() })
	return name, layer.err
}

// enter adds the layer to SQLite's list, where it is used only by name.
func (r *registry) enter() error {
	r.faults, r.pairs, r.open = map[string]DamageError{}, map[string]*pair{}, map[uintptr]*pair{}
	tls := libc.NewTLS()
	defer tls.Close()
	if err := r.add(tls, name, pointer(openFile), pointer(deleteFile)); err != nil {
		return err
	}
	if err := r.add(tls, readOnlyName, pointer(openReadOnly), pointer(deleteNothing)); err != nil {
		return err
	}
	r.methods = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	r.readOnly = libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_io_methods{})))
	if r.methods == 0 || r.readOnly == 0 {
		return errNoLayer
	}
	*at[lib.Tsqlite3_io_methods](r.methods) = methods()
	*at[lib.Tsqlite3_io_methods](r.readOnly) = readOnlyMethods()
	return nil
}

var errNoLayer = errors.New("pagesum: SQLite has no file layer")

// add adds one entry to the list.
func (r *registry) add(tls *libc.TLS, name string, open, remove uintptr) error {
	below := lib.Xsqlite3_vfs_find(tls, 0)
	ours := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	called, err := libc.CString(name)
	if below == 0 || ours == 0 || err != nil {
		return errNoLayer
	}
	vfs := at[lib.Tsqlite3_vfs](ours)
	*vfs = *at[lib.Tsqlite3_vfs](below) // time, randomness and so on are unchanged
	vfs.FszOsFile += int32(unsafe.Sizeof(file{}))
	vfs.FpNext, vfs.FzName = 0, called
	vfs.FxOpen, vfs.FxDelete, vfs.FxAccess, vfs.FxFullPathname = open, remove, pointer(access), pointer(fullPathname)
	if code := lib.Xsqlite3_vfs_register(tls, ours, 0); code != lib.SQLITE_OK {
		return errors.New("pagesum: SQLite does not accept another file layer")
	}
	return nil
}

// found records damage.
func (r *registry) found(d DamageError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[d.File] = d
}

// damage is the damage found in a file or its write-ahead file.
func (r *registry) damage(path string) *DamageError {
	names := []string{path, path + "-wal"}
	if resolved, err := filepath.EvalSymlinks(path); err == nil && resolved != path { // SQLite's own name for it
		names = append(names, resolved, resolved+"-wal")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, file := range names {
		if found, there := r.faults[file]; there {
			return &found
		}
	}
	return &DamageError{File: path, Offset: -1}
}

// at is the value at an address of SQLite's.
func at[T any](address uintptr) *T {
	return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&address))) // memory of SQLite's, which no collector moves
}

// bytes are the bytes at an address of SQLite's.
func bytes(address uintptr, size int32) []byte {
	return unsafe.Slice(at[byte](address), size) // SQLite says how many there are
}

// pointer is the form in which SQLite calls a top-level Go function.
func pointer[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) // as modernc.org/sqlite does it
}

// function is the form in which Go calls a function of SQLite's.
func function[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ address uintptr }{address})) // as modernc.org/sqlite does it
}
