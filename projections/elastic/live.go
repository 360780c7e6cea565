package elastic

import (
	"context"
	"fmt"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// Live returns the generation of a view that answers queries.
func (e *Engine) Live(ctx context.Context, name string) (view.GenerationID, error) {
	if !view.ValidName(name) {
		return view.GenerationID{}, view.ErrNoGeneration
	}
	var found map[string]struct{}
	err := e.client.ask(ctx, esapi.IndicesGetAliasRequest{Name: []string{e.names.live(name)}}, &found)
	switch {
	case isMissing(err) || err == nil && len(found) == 0:
		return view.GenerationID{}, fmt.Errorf("view %s: none is live: %w", name, view.ErrNoGeneration)
	case err != nil:
		return view.GenerationID{}, fmt.Errorf("view %s: %w", name, err)
	}
	for index := range found {
		if id, ok := e.names.parse(index); ok && id.View == name && len(found) == 1 {
			return id, nil
		}
	}
	return view.GenerationID{}, fmt.Errorf("view %s: its alias names something that is not one of its generations: %w", name, view.ErrCorrupt)
}

// Swap moves the alias of the live generation in one call: at no moment is there
// none, or two.
func (e *Engine) Swap(ctx context.Context, id view.GenerationID) error {
	if !view.ValidName(id.View) {
		return view.ErrNoGeneration
	}
	e.mu.Lock()
	s := e.open[id]
	dropped := s != nil && s.dropped
	e.mu.Unlock()
	if dropped {
		return fmt.Errorf("generation %s: %w", id, view.ErrNoGeneration)
	}
	alias := e.names.live(id.View)
	err := e.client.call(ctx, esapi.IndicesUpdateAliasesRequest{Body: content(object{"actions": []object{
		{"remove": object{"index": e.names.all(id.View), "alias": alias, "must_exist": false}},
		{"add": object{"index": e.names.index(id), "alias": alias}},
	}})}, nil)
	if err != nil {
		return fmt.Errorf("generation %s: %w", id, err)
	}
	return nil
}
