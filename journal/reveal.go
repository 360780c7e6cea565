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
var hidden = []string{"handle_hash", "secret_hash", "code_hash", "key_hash", "password_hash", "factor_secret"}

// Reveal is RevealAll of one event.
func (j *Journal) Reveal(ctx context.Context, f domain.Fact) (jsontext.Value, error) {
	out, err := j.RevealAll(ctx, f)
	if err != nil {
		return nil, err
	}
	return out[0], nil
}

// revealAtOnce is for how many events the vault is asked in one call.
const revealAtOnce = 256

// RevealAll gives the data of events as JSON with every personal part in clear, or null where its key is gone. It is for the person
// whom the events are about, or after the look was recorded. The vault is asked once for a page of events.
func (j *Journal) RevealAll(ctx context.Context, facts ...domain.Fact) ([]jsontext.Value, error) {
	out := make([]jsontext.Value, 0, len(facts))
	for page := range slices.Chunk(facts, revealAtOnce) {
		shown := make([]revealed, len(page))
		var parts []*Opening
		for i, f := range page {
			var err error
			if shown[i], err = j.toReveal(f); err != nil {
				return nil, err
			}
			parts = slices.AppendSeq(parts, maps.Values(shown[i].parts))
		}
		if err := j.OpenAll(ctx, parts...); err != nil {
			return nil, err
		}
		for _, r := range shown {
			data, err := r.json()
			if err != nil {
				return nil, err
			}
			out = append(out, data)
		}
	}
	return out, nil
}

// revealed is an event's data, and its parts by name, to be opened.
type revealed struct {
	fields map[string]jsontext.Value
	parts  map[string]*Opening
}

func (j *Journal) toReveal(f domain.Fact) (revealed, error) {
	r := revealed{parts: map[string]*Opening{}}
	t, err := j.registry.Of(f.Event)
	if err != nil {
		return r, err
	}
	data, err := json.Marshal(f.Event)
	if err != nil {
		return r, fmt.Errorf("journal: %s cannot be written: %w", t.name, err)
	}
	if err := json.Unmarshal(data, &r.fields); err != nil {
		return r, fmt.Errorf("journal: %s cannot be read: %w", t.name, err)
	}
	for _, name := range hidden {
		delete(r.fields, name)
	}
	event := reflect.ValueOf(f.Event)
	for _, p := range t.shape.parts {
		if slices.Contains(hidden, p.name) {
			continue
		}
		held := event.FieldByIndex(p.index).Interface().(part) // shapes hold parts only
		if !held.IsZero() {
			r.parts[p.name] = &Opening{at: binding{f.Stream, f.ID, f.Type}, sealed: held.Sealed(), into: held.New()}
		}
	}
	return r, nil
}

// json is the data with its parts as they were opened.
func (r *revealed) json() (jsontext.Value, error) {
	for name, o := range r.parts {
		if o.Gone {
			r.fields[name] = jsontext.Value("null")
			continue
		}
		value, err := json.Marshal(o.into)
		if err != nil {
			return nil, fmt.Errorf("journal: part %s cannot be written", name)
		}
		r.fields[name] = value
	}
	return json.Marshal(r.fields, json.Deterministic(true))
}
