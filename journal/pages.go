package journal

import (
	"context"
	"iter"
	"reflect"
	"time"

	"github.com/go-json-experiment/json"

	"accountledger/domain"
	"accountledger/eventstore"
)

// Pages reads the log after a checkpoint up to its end as it is when it comes there, in pages of up to limit events. The
// next page is read while one is decoded and dealt with, and nothing else runs on when the caller stops. A page that Waits is the
// last; an error ends the sequence: ctx's, or the store's.
func (j *Journal) Pages(ctx context.Context, after Checkpoint, limit int) iter.Seq2[Page, error] {
	return j.pagesBy(ctx, after, limit, j.decode)
}

// PagesWithout is Pages for a reader that ignores some types of events: of those, records have an id, stream, version, type, position
// and time, and nothing else, not even an Event. What this program does not know still makes the page wait.
func (j *Journal) PagesWithout(ctx context.Context, after Checkpoint, limit int, ignored []reflect.Type) iter.Seq2[Page, error] {
	names := map[string]bool{}
	for _, typ := range ignored {
		if t, ok := j.registry.byGo[typ]; ok {
			names[t.name] = true
		}
	}
	return j.pagesBy(ctx, after, limit, func(stored eventstore.Recorded) (Record, error) {
		if !names[stored.Type] {
			return j.decode(stored)
		}
		return j.skim(stored)
	})
}

// decoder makes a record of a stored event.
type decoder func(eventstore.Recorded) (Record, error)

// skim decodes where an event stands, and its time; where it cannot, decode says why.
func (j *Journal) skim(stored eventstore.Recorded) (Record, error) {
	var m struct {
		Format int       `json:"format"`
		At     time.Time `json:"at"`
	}
	if err := json.Unmarshal(stored.Metadata, &m); err != nil || m.Format != domain.MetadataFormat {
		return j.decode(stored)
	}
	fact := domain.Fact{ID: domain.EventID{UUID: stored.ID}, Stream: stored.Stream, Version: stored.Version, Type: stored.Type}
	fact.At = m.At
	return Record{Fact: fact, Position: stored.Position}, nil
}

func (j *Journal) pagesBy(ctx context.Context, after Checkpoint, limit int, decode decoder) iter.Seq2[Page, error] {
	return func(yield func(Page, error) bool) {
		at := after
		for raw, err := range eventstore.Pages(ctx, j.store, after.Position, limit) {
			if err != nil {
				yield(Page{}, err)
				return
			}
			page := j.decodePage(ctx, at, raw, nil, decode)
			if !yield(page, nil) || page.Waits != nil {
				return
			}
			at = page.Checkpoint
		}
	}
}
