package pagesum

import (
	"path/filepath"
	"sync"
	"sync/atomic"
)

// pair is a main file and its write-ahead file while any connection of the process has one of them open.
type pair struct {
	path  string // of the main file
	users int    // guarded by the registry

	log log

	// opening is held while the write-ahead file is opened or closed; logs is how many times it is open.
	opening sync.Mutex
	logs    int

	// first guards the first page of the main file, which is stamped while others read it, and the fields below.
	first sync.RWMutex
	// filling is the one in the write-ahead file, from its header; 0 while there is none.
	filling uint32
	// last is the stamp last read from the main file or written to it; nil until then.
	last *stamp
	// kept says that the main file is no longer written.
	kept atomic.Bool
	// stamped counts the stamped fillings, durable those whose stamps are on disk.
	stamped, durable int
}

// join attaches a file being opened to its pair. path is the main file's.
func (r *registry) join(f uintptr, path string) *pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pairs[path]
	if p == nil {
		p = &pair{path: path}
		r.pairs[path] = p
	}
	p.users++
	r.open[f] = p
	return p
}

// Keep leaves the main file at a path unchanged until every connection to it is closed: the content of its write-ahead file stays
// there, and is not copied when the last one closes. Transactions still work.
func Keep(path string) {
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		path = resolved
	}
	layer.mu.Lock()
	defer layer.mu.Unlock()
	for name, p := range layer.pairs {
		if resolved, err := filepath.EvalSymlinks(name); name == path || err == nil && resolved == path {
			p.kept.Store(true)
		}
	}
}

func (r *registry) leave(f uintptr) {
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.open[f]
	delete(r.open, f)
	if p.users--; p.users == 0 {
		delete(r.pairs, p.path)
	}
}

// pair is the one of an open file.
func (r *registry) pair(f uintptr) *pair {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open[f]
}
