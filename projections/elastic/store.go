package elastic

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// store is one generation's index, shared by all handles on it.
type store struct {
	*Engine
	id      view.GenerationID
	schema  *view.Schema
	layout  *layout
	index   string
	uuid    string
	writer  string
	filling atomic.Bool

	places    *places
	refresher *refresher

	// handles and dropped belong to the engine and are guarded by its mutex.
	handles int
	dropped bool
}

// indexState is Elasticsearch's description of an index.
type indexState struct {
	Mappings struct {
		Meta meta `json:"_meta"`
	} `json:"mappings"`
	Settings struct {
		Index struct {
			UUID            string `json:"uuid"`
			RefreshInterval string `json:"refresh_interval"`
		} `json:"index"`
	} `json:"settings"`
}

func (e *Engine) openStore(ctx context.Context, id view.GenerationID, schema view.Schema) (*store, error) {
	s := &store{Engine: e, id: id, schema: &schema, index: e.names.index(id)}
	s.layout = newLayout(s.schema)
	if err := e.prepareCheckpoints(ctx); err != nil {
		return nil, err
	}
	state, err := s.look(ctx)
	if typeOf(err) == typeNoIndex {
		if err = s.create(ctx); err == nil {
			state, err = s.look(ctx)
		}
	}
	if err != nil {
		return nil, err
	}
	if !s.fits(state) {
		return nil, view.ErrMismatch
	}
	s.uuid, s.writer = state.Settings.Index.UUID, s.names.writer(id, state.Mappings.Meta.Writer)
	s.filling.Store(state.Settings.Index.RefreshInterval == refreshFilling)
	s.places = newPlaces(s)
	s.refresher = newRefresher(s.refreshNow)
	return s, nil
}

// look reads Elasticsearch's description of the index.
func (s *store) look(ctx context.Context) (*indexState, error) {
	var found map[string]*indexState
	if err := s.client.ask(ctx, esapi.IndicesGetRequest{Index: []string{s.index}}, &found); err != nil {
		return nil, err
	}
	if found[s.index] == nil {
		return nil, fmt.Errorf("%w: another index has its name", view.ErrMismatch)
	}
	return found[s.index], nil
}

func (s *store) fits(state *indexState) bool {
	m := &state.Mappings.Meta
	return m.Format == format && m.View == s.schema.Fingerprint() && m.Writer != ""
}

// create creates the template of the view's version and the index.
func (s *store) create(ctx context.Context) error {
	template := esapi.IndicesPutIndexTemplateRequest{
		Name: s.names.template(s.id.View, s.id.Version), Body: content(s.layout.template(s.names, &s.options)),
	}
	if err := s.client.call(ctx, template, nil); err != nil {
		return err
	}
	m := meta{Format: format, View: s.schema.Fingerprint(), Writer: strings.ToLower(rand.Text())}
	err := s.client.call(ctx, esapi.IndicesCreateRequest{Index: s.index, Timeout: s.options.Timeout / 2, Body: content(object{
		"settings": settings(&s.options),
		"mappings": s.layout.mapping(&m),
		"aliases":  object{s.names.writer(s.id, m.Writer): object{}},
	})}, nil)
	if typeOf(err) == typeExists {
		return nil // another process was quicker
	}
	return err
}

// explain looks at the index after it has refused valid documents: one that is gone
// or was recreated by someone else has lost documents, so the view has to be
// rebuilt.
func (s *store) explain(ctx context.Context, err error) error {
	state, lookErr := s.look(ctx)
	switch {
	case typeOf(lookErr) == typeNoIndex:
		return fmt.Errorf("generation %s: %w: its index is gone: %w", s.id, view.ErrNoGeneration, err)
	case lookErr == nil && (state.Settings.Index.UUID != s.uuid || !s.fits(state)):
		return fmt.Errorf("generation %s: %w: its index was replaced: %w", s.id, view.ErrCorrupt, err)
	default:
		return fmt.Errorf("generation %s: %w", s.id, err)
	}
}
