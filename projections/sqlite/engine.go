package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"accountledger/projections/view"
)

// Engine keeps the generations of views in one folder. It is a view.Engine.
type Engine struct {
	dir      string
	reach    reach
	readOnly bool // created by NewReadOnly
	limits   limits

	mu     sync.Mutex
	closed bool
	open   map[view.GenerationID]*store
}

var _ view.Engine = (*Engine)(nil)

// New returns an engine on a folder, which it creates, readable only by its owner,
// if it does not exist. One process at a time uses a folder.
func New(dir string) (*Engine, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("sqlite views: %w", err)
	}
	return &Engine{dir: dir, reach: usualReach, limits: fastest(), open: map[view.GenerationID]*store{}}, nil
}

func (e *Engine) path(id view.GenerationID) string {
	return filepath.Join(e.dir, id.String()+".db")
}

// Open returns a generation, creating its file if there is none.
func (e *Engine) Open(ctx context.Context, schema view.Schema, number int) (view.Generation, error) {
	if err := schema.Check(); err != nil {
		return nil, err
	}
	if number < 1 {
		return nil, fmt.Errorf("view %s: generations count from 1", schema.Name)
	}
	id := view.GenerationID{View: schema.Name, Version: schema.Version, Number: number}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return nil, view.ErrClosed
	}
	s := e.open[id]
	switch {
	case s == nil:
		open := openStore
		if e.readOnly {
			open = readStore
		}
		var err error
		if s, err = open(ctx, e.path(id), id, schema); err != nil {
			return nil, fmt.Errorf("generation %s: %w", id, err)
		}
		s.reach = e.reach
		if err := s.limit(ctx, e.limits); err != nil {
			return nil, errors.Join(fmt.Errorf("generation %s: %w", id, explain(err, s.path)), s.close(ctx))
		}
		e.open[id] = s
	case s.dropped:
		return nil, fmt.Errorf("generation %s: %w", id, view.ErrNoGeneration)
	case s.schema.Fingerprint() != schema.Fingerprint():
		return nil, fmt.Errorf("generation %s: %w", id, view.ErrMismatch)
	}
	s.handles++
	lasting := context.WithoutCancel(ctx)
	return &generation{view.Handle{Release: func() error { return explain(e.release(lasting, s), s.path) }}, s}, nil
}

// release releases one handle of a store and closes it after the last one.
func (e *Engine) release(ctx context.Context, s *store) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if s.handles--; s.handles > 0 {
		return nil
	}
	delete(e.open, s.id)
	err := s.close(ctx)
	if s.dropped {
		err = errors.Join(err, remove(e.path(s.id)))
	}
	return err
}

// parseID parses exactly what view.GenerationID.String returns.
func parseID(text string) (view.GenerationID, bool) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 || !view.ValidName(parts[0]) {
		return view.GenerationID{}, false
	}
	version, err1 := strconv.Atoi(strings.TrimPrefix(parts[1], "v"))
	number, err2 := strconv.Atoi(strings.TrimPrefix(parts[2], "g"))
	id := view.GenerationID{View: parts[0], Version: version, Number: number}
	return id, err1 == nil && err2 == nil && id.String() == text
}

// Generations lists a view's generations in the folder.
func (e *Engine) Generations(_ context.Context, name string) ([]view.GenerationID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.list(name)
}

func (e *Engine) list(name string) ([]view.GenerationID, error) {
	entries, err := os.ReadDir(e.dir)
	if e.readOnly && errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("sqlite views: %w", err)
	}
	var all []view.GenerationID
	for _, entry := range entries {
		base, isFile := strings.CutSuffix(entry.Name(), ".db")
		id, ok := parseID(base)
		if !isFile || !ok || id.View != name {
			continue
		}
		if s := e.open[id]; s != nil && s.dropped {
			continue
		}
		all = append(all, id)
	}
	slices.SortFunc(all, func(a, b view.GenerationID) int {
		if a.Number != b.Number {
			return a.Number - b.Number
		}
		return a.Version - b.Version
	})
	return all, nil
}

// Drop deletes a generation that is not live; one that is open is deleted when
// its last handle is closed.
func (e *Engine) Drop(_ context.Context, id view.GenerationID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.readOnly {
		return ErrReading
	}
	live, err := e.readLive(id.View)
	if err != nil && !errors.Is(err, view.ErrNoGeneration) && !errors.Is(err, view.ErrCorrupt) {
		return err
	}
	if err == nil && live == id {
		return fmt.Errorf("generation %s: %w", id, view.ErrLive)
	}
	return e.drop(id)
}

func (e *Engine) drop(id view.GenerationID) error {
	if s := e.open[id]; s != nil {
		s.dropped = true
		return nil
	}
	return remove(e.path(id))
}

// Remove deletes everything of a view.
func (e *Engine) Remove(_ context.Context, name string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.readOnly {
		return ErrReading
	}
	all, err := e.list(name)
	if err != nil {
		return err
	}
	if err := os.Remove(e.livePath(name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("sqlite views: %w", err)
	}
	for _, id := range all {
		if err := e.drop(id); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes a generation's files. The write-ahead file goes first: without
// it the main file is an older consistent state, while a leftover write-ahead file
// would spoil the next file of that name.
func remove(path string) error {
	for _, suffix := range []string{"-wal", "-shm", ""} {
		if err := os.Remove(path + suffix); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("sqlite views: %w", err)
		}
	}
	return nil
}

// Close closes the engine. It is an error if generations are still open; they
// stay usable until they are closed.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	if len(e.open) > 0 {
		return fmt.Errorf("sqlite views: %d generations are still open", len(e.open))
	}
	return nil
}
