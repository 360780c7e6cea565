package esdbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
)

// systemMark stands before the names that begin with $, and longMark before what stands for a long one: the embedded
// store does not take them as they are.
const (
	systemMark = "\x01"
	longMark   = "\x02"
)

// longName is a longer name than is kept as it is, so that no prefix makes an append too large for the embedded store.
const longName = 40

func storedType(name string) string {
	if strings.HasPrefix(name, "$") {
		return systemMark + name
	}
	return name
}

func shownType(stored string) string { return strings.TrimPrefix(stored, systemMark) }

// storedName is a stream's name in the embedded store.
func (e *engine) storedName(name string) string {
	if len(name) <= longName || strings.HasPrefix(name, "$") {
		return storedType(name)
	}
	sum := sha256.Sum256([]byte(name))
	short := longMark + hex.EncodeToString(sum[:16])
	e.mu.Lock()
	defer e.mu.Unlock()
	e.long[short] = name
	return short
}

func (e *engine) shownName(stored string) string {
	e.mu.Lock()
	defer e.mu.Unlock()
	if name, ok := e.long[stored]; ok {
		return name
	}
	return shownType(stored)
}

func isSystem(stored string) bool { return strings.HasPrefix(stored, systemMark) }

// firstByte is where the first event stands: other records come before it.
const firstByte = 4096

// recordBytes is what an event takes besides its names and bytes.
const recordBytes = 120

// engine is the log: the embedded store, whose dense positions are made into bytes.
type engine struct {
	store        *embedded.Store
	transactions bool

	mu      sync.Mutex
	commits []uint64 // of the event at dense position i+1
	end     uint64
	gone    map[uint64]bool // dense positions that were scavenged
	deleted map[string]bool
	long    map[string]string // long names by what is stored for them
	changed chan struct{}     // closed and made anew when there is something new

	system sync.Mutex
	last   int64 // version of the last entry of the server's own
}

func newEngine(store *embedded.Store, transactions bool) *engine {
	return &engine{
		store: store, transactions: transactions, end: firstByte, gone: make(map[uint64]bool), deleted: make(map[string]bool), long: make(map[string]string),
		changed: make(chan struct{}), last: eventstore.NoStream,
	}
}

// wait gives a channel that is closed at the next change.
func (e *engine) wait() <-chan struct{} {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.changed
}

func (e *engine) change() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.changed)
	e.changed = make(chan struct{})
}

// head is the last dense position.
func (e *engine) head(ctx context.Context) (uint64, error) {
	c, err := e.store.Head(ctx)
	return c.Position.Commit(), err
}

// commit gives the byte at which a dense position stands.
func (e *engine) commit(ctx context.Context, dense uint64) (uint64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for uint64(len(e.commits)) < dense {
		at := uint64(len(e.commits))
		page, err := e.store.ReadAll(ctx, eventstore.NewPosition(at, at), 1000)
		if err != nil {
			return 0, err
		}
		for _, r := range page.Events {
			e.commits = append(e.commits, e.end)
			e.end += uint64(recordBytes + 2*len(r.Stream) + len(r.Type) + len(r.Data) + len(r.Metadata))
		}
	}
	return e.commits[dense-1], nil
}

func (e *engine) prepare(commit uint64) uint64 {
	if e.transactions {
		return commit - 8
	}
	return commit
}

var errNoBoundary = errors.New("esdbtest: no record begins there")

// find gives the first dense position whose event stands at a byte or behind it.
func (e *engine) find(ctx context.Context, commit uint64) (uint64, error) {
	head, err := e.head(ctx)
	if err != nil || head == 0 {
		return 1, err
	}
	if _, err := e.commit(ctx, head); err != nil {
		return 0, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	i, exact := slices.BinarySearch(e.commits, commit)
	if !exact && commit > firstByte && i < len(e.commits) {
		return 0, errNoBoundary
	}
	return uint64(i) + 1, nil //nolint:gosec // an index
}

// events gives the events from a dense position to another, both included, but not those
// that were scavenged. Each keeps its dense position.
func (e *engine) events(ctx context.Context, from, to uint64) ([]eventstore.Recorded, error) {
	var all []eventstore.Recorded
	for from <= to {
		// The store ends a page where it gets large.
		page, err := e.store.ReadAll(ctx, eventstore.NewPosition(from-1, from-1), int(to-from)+1) //nolint:gosec // small
		if err != nil || len(page.Events) == 0 {
			return all, err
		}
		all = append(all, page.Events...)
		from = page.Checkpoint.Position.Commit() + 1
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(all, func(r eventstore.Recorded) bool { return e.gone[r.Position.Commit()] }), nil
}

// addSystem appends an entry of the server's own.
func (e *engine) addSystem(ctx context.Context) error {
	e.system.Lock()
	defer e.system.Unlock()
	a, err := e.store.Append(ctx, systemMark+"$stats-127.0.0.1:2113", e.last, eventstore.Event{
		ID: uuid.New(), Type: systemMark + "$statsCollected", Data: []byte(`{"proc-cpu":0.5}`),
	})
	if err == nil {
		e.last = a.Version
		e.change()
	}
	return err
}

// scavenge removes the entries of the server's own, but not the log's last: the chunk that is being written
// is never scavenged.
func (e *engine) scavenge(ctx context.Context) error {
	head, err := e.head(ctx)
	if err != nil {
		return err
	}
	all, err := e.events(ctx, 1, head-1)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range all {
		if isSystem(r.Stream) {
			e.gone[r.Position.Commit()] = true
		}
	}
	return nil
}

func (e *engine) isDeleted(stream string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.deleted[stream]
}
