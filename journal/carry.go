package journal

import (
	"context"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
)

// Carried is a sealed part on its way through a view: with what it is bound to, so that it can be opened for
// one answer. Views hold nothing else of a person.
type Carried struct {
	Stream string         `json:"stream"`
	Event  domain.EventID `json:"event"`
	Type   string         `json:"type"`
	Part   *domain.Sealed `json:"part"`
}

// Carry packs a part of a fact for a view; nil when the part is missing.
func Carry[T any](f domain.Fact, p domain.Part[T]) []byte {
	if p.Sealed() == nil {
		return nil
	}
	b, err := json.Marshal(Carried{Stream: f.Stream, Event: f.ID, Type: f.Type, Part: p.Sealed()})
	if err != nil {
		return nil // strings, ids and bytes always encode
	}
	return b
}

// OpenCarried opens what Carry packed. Errors are those of Open.
func OpenCarried[T any](ctx context.Context, j *Journal, b []byte) (T, error) {
	var v T
	var c Carried
	if err := json.Unmarshal(b, &c); err != nil || c.Part == nil {
		return v, ErrForged
	}
	err := j.sealing.open(ctx, binding{c.Stream, c.Event, c.Type}, c.Part, &v)
	return v, err
}
