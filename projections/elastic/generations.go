package elastic

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// isMissing reports whether Elasticsearch does not have what was requested.
func isMissing(err error) bool {
	var e *ResponseError
	return errors.As(err, &e) && e.Status == http.StatusNotFound
}

// Generations lists a view's generations in the cluster.
func (e *Engine) Generations(ctx context.Context, name string) ([]view.GenerationID, error) {
	all, err := e.list(ctx, name)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.DeleteFunc(all, func(id view.GenerationID) bool { return e.open[id] != nil && e.open[id].dropped }), nil
}

func (e *Engine) list(ctx context.Context, name string) ([]view.GenerationID, error) {
	if !view.ValidName(name) {
		return nil, nil
	}
	var found map[string]struct{}
	if err := e.client.ask(ctx, esapi.IndicesGetSettingsRequest{
		Index: []string{e.names.all(name)}, Name: []string{"index.uuid"}, ExpandWildcards: "all",
	}, &found); err != nil {
		return nil, fmt.Errorf("view %s: %w", name, err)
	}
	var all []view.GenerationID
	for index := range found {
		if id, ok := e.names.parse(index); ok && id.View == name {
			all = append(all, id)
		}
	}
	slices.SortFunc(all, func(a, b view.GenerationID) int {
		if a.Number != b.Number {
			return a.Number - b.Number
		}
		return a.Version - b.Version
	})
	return all, nil
}

// Drop deletes a generation that is not live; one that is open in this process is
// deleted when its last handle is closed.
func (e *Engine) Drop(ctx context.Context, id view.GenerationID) error {
	e.opening.Lock()
	defer e.opening.Unlock()
	live, err := e.Live(ctx, id.View)
	if err != nil && !errors.Is(err, view.ErrNoGeneration) {
		return err
	}
	if err == nil && live == id {
		return fmt.Errorf("generation %s: %w", id, view.ErrLive)
	}
	return e.drop(ctx, id)
}

func (e *Engine) drop(ctx context.Context, id view.GenerationID) error {
	e.mu.Lock()
	s := e.open[id]
	if s != nil {
		s.dropped = true
	}
	e.mu.Unlock()
	if s != nil {
		return nil
	}
	return e.delete(ctx, id)
}

// Remove deletes everything of a view.
func (e *Engine) Remove(ctx context.Context, name string) error {
	e.opening.Lock()
	defer e.opening.Unlock()
	all, err := e.list(ctx, name)
	if err != nil || len(all) == 0 {
		return err
	}
	err = e.client.call(ctx, esapi.IndicesUpdateAliasesRequest{Body: content(object{"actions": []object{
		{"remove": object{"index": e.names.all(name), "alias": e.names.live(name), "must_exist": false}},
	}})}, nil)
	if err != nil && !isMissing(err) {
		return fmt.Errorf("view %s: %w", name, err)
	}
	for _, id := range all {
		if err := e.drop(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// delete deletes a generation's index and then what belongs to it: its
// checkpoints, which are meaningless without it, and its version's template if
// this was the last of that version.
func (e *Engine) delete(ctx context.Context, id view.GenerationID) error {
	err := e.client.call(ctx, esapi.IndicesDeleteRequest{Index: []string{e.names.index(id)}}, nil)
	if err != nil && !isMissing(err) {
		return fmt.Errorf("generation %s: %w", id, err)
	}
	if err := e.forget(ctx, id); err != nil && !isMissing(err) {
		return fmt.Errorf("generation %s: its checkpoints: %w", id, err)
	}
	left, err := e.list(ctx, id.View)
	if err != nil || slices.ContainsFunc(left, func(other view.GenerationID) bool { return other.Version == id.Version }) {
		return err
	}
	err = e.client.call(ctx, esapi.IndicesDeleteIndexTemplateRequest{Name: e.names.template(id.View, id.Version)}, nil)
	if err != nil && !isMissing(err) {
		return fmt.Errorf("generation %s: its template: %w", id, err)
	}
	return nil
}
