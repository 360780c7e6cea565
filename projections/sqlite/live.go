package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"accountledger/internal/durable"
	"accountledger/projections/view"
)

func (e *Engine) livePath(name string) string { return filepath.Join(e.dir, name+".live") }

// Live returns the generation of a view that answers queries.
func (e *Engine) Live(_ context.Context, name string) (view.GenerationID, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.readLive(name)
}

func (e *Engine) readLive(name string) (view.GenerationID, error) {
	if !view.ValidName(name) {
		return view.GenerationID{}, view.ErrNoGeneration
	}
	text, err := os.ReadFile(e.livePath(name))
	if errors.Is(err, os.ErrNotExist) {
		return view.GenerationID{}, fmt.Errorf("view %s: none is live: %w", name, view.ErrNoGeneration)
	}
	if err != nil {
		return view.GenerationID{}, fmt.Errorf("sqlite views: %w", err)
	}
	id, ok := parseID(strings.TrimSuffix(string(text), "\n"))
	if !ok || id.View != name || id.Number < 1 {
		return view.GenerationID{}, fmt.Errorf("view %s: file %s.live: %w", name, name, view.ErrCorrupt)
	}
	if !e.has(id) { // nothing else removes the live one
		return view.GenerationID{}, fmt.Errorf("view %s: file %s.live names %s, which is not there or empty: %w", name, name, id, view.ErrCorrupt)
	}
	return id, nil
}

// has reports whether there is anything of a generation. An empty file that is not open does not count: opening it would
// create a view in which nothing was ever folded.
func (e *Engine) has(id view.GenerationID) bool {
	if e.open[id] != nil {
		return true
	}
	info, err := os.Stat(e.path(id))
	return err == nil && info.Size() > 0 || err != nil && !errors.Is(err, os.ErrNotExist)
}

// Swap makes a generation the live one: the new name is on disk before it
// replaces the old one, and that step is durable when Swap returns.
func (e *Engine) Swap(_ context.Context, id view.GenerationID) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.readOnly {
		return ErrReading
	}
	all, err := e.list(id.View)
	if err != nil {
		return err
	}
	if !slices.Contains(all, id) {
		return fmt.Errorf("generation %s: %w", id, view.ErrNoGeneration)
	}
	if err := durable.ReplaceBytes(e.livePath(id.View), []byte(id.String()+"\n")); err != nil {
		return fmt.Errorf("sqlite views: %w", err)
	}
	return nil
}
