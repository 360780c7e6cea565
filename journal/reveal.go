package journal

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"accountledger/domain"
)

// hidden are fields that nobody is shown: hashes of secrets.
var hidden = []string{"handle_hash", "secret_hash", "code_hash", "key_hash"}

// Reveal gives an event's data as JSON with every personal part in clear, or null where its key is gone. It is
// for the person whom the event is about, or after the look was recorded.
func (j *Journal) Reveal(ctx context.Context, f domain.Fact) (jsontext.Value, error) {
	t, err := j.registry.Of(f.Event)
	if err != nil {
		return nil, err
	}
	data, err := json.Marshal(f.Event)
	if err != nil {
		return nil, fmt.Errorf("journal: %s cannot be written: %w", t.name, err)
	}
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(data, &fields); err != nil {
		return nil, fmt.Errorf("journal: %s cannot be read: %w", t.name, err)
	}
	for _, name := range hidden {
		delete(fields, name)
	}
	event := reflect.ValueOf(f.Event)
	openings := map[string]*Opening{}
	for _, p := range t.shape.parts {
		held := event.FieldByIndex(p.index).Interface().(part) // shapes hold parts only
		if !held.IsZero() {
			openings[p.name] = &Opening{at: binding{f.Stream, f.ID, f.Type}, sealed: held.Sealed(), into: held.New()}
		}
	}
	if err := j.OpenAll(ctx, slices.Collect(maps.Values(openings))...); err != nil {
		return nil, err
	}
	for name, o := range openings {
		if o.Gone {
			fields[name] = jsontext.Value("null")
		} else if fields[name], err = json.Marshal(o.into); err != nil {
			return nil, fmt.Errorf("journal: part %s cannot be written", name)
		}
	}
	return json.Marshal(fields, json.Deterministic(true))
}
