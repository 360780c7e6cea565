package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"

	"accountledger/pagesum"
	"accountledger/projections/view"
)

// ErrReading is returned by a read-only engine's methods that would change something.
var ErrReading = errors.New("sqlite views: they were opened for reading only")

// NewReadOnly returns an engine that reads a folder and does not change it, so the folder may be mounted read-only. Writes
// return ErrReading, and opening a missing generation view.ErrNoGeneration. A missing folder holds nothing. Several
// may read at once; no process may be writing.
func NewReadOnly(dir string) *Engine {
	return &Engine{dir: dir, reach: usualReach, open: map[view.GenerationID]*store{}, readOnly: true}
}

// readOnly reports whether the file is open read-only.
func (s *store) readOnly() bool { return s.conn == nil }

// readStore opens a generation's file for reading.
func readStore(ctx context.Context, path string, id view.GenerationID, schema view.Schema) (_ *store, err error) {
	s := &store{id: id, path: path, prepared: map[string]*sql.Stmt{}, schema: &schema}
	s.layout = newLayout(s.schema)
	defer func() {
		if err != nil {
			err = explain(errors.Join(err, s.close(ctx)), path)
		}
	}()
	from, err := pagesum.ReadOnlyAddress(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%w: %w", view.ErrNoGeneration, err)
	} else if err != nil {
		return nil, err
	}
	if s.reading, err = sql.Open("sqlite", from); err != nil {
		return nil, err
	}
	s.reading.SetMaxOpenConns(readers)
	s.reading.SetMaxIdleConns(readers)
	var tables int
	if err := s.reading.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_schema`).Scan(&tables); err != nil {
		return nil, err
	}
	if tables == 0 { // its creation was interrupted
		return nil, view.ErrNoGeneration
	}
	filling, err := s.checkMeta(ctx, s.reading)
	if err != nil {
		return nil, err
	}
	s.filling.Store(filling)
	return s, s.prepareLoads(ctx)
}
