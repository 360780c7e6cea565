package pagesum

import (
	"errors"
	"path/filepath"
	"sync"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// name is the layer's, as the parameter vfs has it.
const name = "accountledger-pagesum"

// layer is what SQLite's calls of plain functions, which carry nothing of ours, find the Go side by. SQLite has one list
// of layers for the process, and this is what belongs to our entry of it.
var layer registry

type registry struct {
	register sync.Once
	err      error
	methods  uintptr // the table of a file's methods, which never changes
	readOnly uintptr // the same of a file that is only read

	mu     sync.Mutex
	faults map[string]DamageError // by path, what was found last
	pairs  map[string]*pair       // by the path of the main file, those that are open
	open   map[uintptr]*pair      // by the address of SQLite's file
}

// VFS registers the layer with SQLite when that has not been done, and gives its name for the parameter vfs of a
// file's address.
func VFS() (string, error) {
	layer.register.Do(func() { layer.err = layer.enter() })
	return name, layer.err
}

// enter puts the layer into SQLite's list, where only those find it who ask for it by name.
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

// add puts one entry into the list.
func (r *registry) add(tls *libc.TLS, name string, open, remove uintptr) error {
	below := lib.Xsqlite3_vfs_find(tls, 0)
	ours := libc.Xcalloc(tls, 1, libc.Tsize_t(unsafe.Sizeof(lib.Tsqlite3_vfs{})))
	called, err := libc.CString(name)
	if below == 0 || ours == 0 || err != nil {
		return errNoLayer
	}
	vfs := at[lib.Tsqlite3_vfs](ours)
	*vfs = *at[lib.Tsqlite3_vfs](below) // time, randomness and the like are the same
	vfs.FszOsFile += int32(unsafe.Sizeof(file{}))
	vfs.FpNext, vfs.FzName = 0, called
	vfs.FxOpen, vfs.FxDelete, vfs.FxAccess, vfs.FxFullPathname = open, remove, pointer(access), pointer(fullPathname)
	if code := lib.Xsqlite3_vfs_register(tls, ours, 0); code != lib.SQLITE_OK {
		return errors.New("pagesum: SQLite takes no other file layer")
	}
	return nil
}

// found notes damage.
func (r *registry) found(d DamageError) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[d.File] = d
}

// damage is what was found in a file or its write-ahead file.
func (r *registry) damage(path string) *DamageError {
	names := []string{path, path + "-wal"}
	if real, err := filepath.EvalSymlinks(path); err == nil && real != path { // SQLite's own name for it
		names = append(names, real, real+"-wal")
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

// at is what lies at an address of SQLite's.
func at[T any](address uintptr) *T {
	return (*T)(*(*unsafe.Pointer)(unsafe.Pointer(&address))) //nolint:gosec // memory of SQLite's, which no collector moves
}

// bytes are those at an address of SQLite's.
func bytes(address uintptr, size int32) []byte {
	return unsafe.Slice(at[byte](address), size) //nolint:gosec // SQLite says how many there are
}

// pointer is a function as SQLite calls it, of a function declared at the top level.
func pointer[F any](f F) uintptr {
	return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) //nolint:gosec // as modernc.org/sqlite does it
}

// function is a function of SQLite's as Go calls it.
func function[F any](address uintptr) F {
	return *(*F)(unsafe.Pointer(&struct{ address uintptr }{address})) //nolint:gosec // as modernc.org/sqlite does it
}
