package elastic

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"accountledger/projections/view"
)

// Engine keeps the generations of views in one Elasticsearch cluster. It is a
// view.Engine. Any number of processes may use the same prefix; what one process
// drops while another holds it open is gone for both.
type Engine struct {
	options Options
	names   names
	client  *client
	chunks  *chunks
	counts  counts

	// opening is held while generations are opened, released and dropped, which
	// takes requests; mu only while the fields below are accessed.
	opening sync.Mutex
	// ready says that the index of checkpoints has its template; opening guards it.
	ready bool

	mu     sync.Mutex
	closed bool
	open   map[view.GenerationID]*store
}

var _ view.Engine = (*Engine)(nil)

// New returns an engine on a cluster. It sends nothing yet, so that a program can
// start while the cluster is out of reach. Errors are about the options.
func New(options Options) (*Engine, error) {
	options = options.withDefaults()
	c, err := newClient(&options)
	if err != nil {
		return nil, err
	}
	return &Engine{
		options: options, names: names{options.Prefix}, client: c,
		chunks: newChunks(options.Requests, options.BulkBytes), open: map[view.GenerationID]*store{},
	}, nil
}

// GiveUp ends all requests, under way and future, with view.ErrUnavailable: for a process that ends while the cluster is silent.
// The process that takes over repeats the writes.
func (e *Engine) GiveUp() { e.client.end() }

// Open returns a generation, creating its index if there is none.
func (e *Engine) Open(ctx context.Context, schema view.Schema, number int) (view.Generation, error) {
	if err := schema.Check(); err != nil {
		return nil, err
	}
	if number < 1 {
		return nil, fmt.Errorf("view %s: generations count from 1", schema.Name)
	}
	// Elasticsearch counts fast by itself. Added or removed tallies change nothing that it stores, so they are no
	// reason to refill an index, especially one shared by processes of two versions of the program.
	schema.Tallies = nil
	id := view.GenerationID{View: schema.Name, Version: schema.Version, Number: number}
	e.opening.Lock()
	defer e.opening.Unlock()
	s, err := e.find(id)
	switch {
	case err != nil:
	case s == nil:
		s, err = e.openStore(ctx, id, schema)
	case s.schema.Fingerprint() != schema.Fingerprint():
		err = view.ErrMismatch
	}
	if err != nil {
		return nil, fmt.Errorf("generation %s: %w", id, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open[id] = s
	s.handles++
	lasting := context.WithoutCancel(ctx)
	return &generation{view.Handle{Release: func() error { return e.release(lasting, s) }}, s}, nil
}

// find returns a store that is already open.
func (e *Engine) find(id view.GenerationID) (*store, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.open[id]
	switch {
	case e.closed:
		return nil, view.ErrClosed
	case s != nil && s.dropped:
		return nil, view.ErrNoGeneration
	}
	return s, nil
}

// release releases one handle of a store and closes it after the last one.
func (e *Engine) release(ctx context.Context, s *store) error {
	e.opening.Lock()
	defer e.opening.Unlock()
	e.mu.Lock()
	s.handles--
	last, dropped := s.handles == 0, s.dropped
	if last {
		delete(e.open, s.id)
	}
	e.mu.Unlock()
	if !last {
		return nil
	}
	s.refresher.close()
	if dropped {
		return e.delete(ctx, s.id)
	}
	return nil
}

// Close closes the engine. It is an error if generations are still open.
func (e *Engine) Close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if len(e.open) > 0 {
		e.closed = true
		return fmt.Errorf("elasticsearch views: %d generations are still open", len(e.open))
	}
	if e.closed {
		return nil
	}
	e.closed = true
	if err := e.client.close(); err != nil {
		return errors.Join(errors.New("elasticsearch views: close"), err)
	}
	return nil
}
