package journal

import (
	"context"
	"errors"
	"fmt"
	"reflect"

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
	for _, p := range t.shape.parts {
		held := event.FieldByIndex(p.index).Interface().(part) //nolint:forcetypeassert // shapes hold parts only
		if held.IsZero() {
			continue
		}
		into := held.New()
		switch err := j.sealing.open(ctx, place{f.Stream, f.ID, f.Type}, held.Sealed(), into); {
		case errors.Is(err, ErrUnreadable):
			fields[p.name] = jsontext.Value("null")
			continue
		case err != nil:
			return nil, err
		}
		if fields[p.name], err = json.Marshal(into); err != nil {
			return nil, fmt.Errorf("journal: part %s cannot be written", p.name)
		}
	}
	return json.Marshal(fields, json.Deterministic(true))
}
