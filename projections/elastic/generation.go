package elastic

import (
	"context"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"accountledger/projections/view"
)

// generation is one handle on a store.
type generation struct {
	view.Handle
	store *store
}

var _ view.Generation = (*generation)(nil)

func (g *generation) ID() view.GenerationID { return g.store.id }
func (g *generation) Schema() *view.Schema  { return g.store.schema }

func (g *generation) Load(ctx context.Context, ids []string) (found []*view.Document, err error) {
	err = g.Use(func() (err error) {
		found, err = g.store.load(ctx, ids)
		return err
	})
	return found, err
}

func (g *generation) Write(ctx context.Context, batch view.Batch) error {
	return g.Use(func() error { return g.store.write(ctx, batch) })
}

func (g *generation) Checkpoint(ctx context.Context, partition int) (view.Checkpoint, error) {
	return g.place(ctx, kindWritten, partition)
}

// Searchable returns what the newest refresh of any process made searchable. Elasticsearch's
// own refreshes do not count.
func (g *generation) Searchable(ctx context.Context, partition int) (view.Checkpoint, error) {
	return g.place(ctx, kindSearchable, partition)
}

func (g *generation) place(ctx context.Context, kind string, partition int) (place view.Checkpoint, err error) {
	err = g.Use(func() error {
		found, err := g.store.places.read(ctx, kind, partition)
		place = found.place
		return err
	})
	return place, err
}

func (g *generation) Refresh(ctx context.Context) error {
	return g.Use(func() error { return g.store.refresher.wait(ctx) })
}

func (g *generation) Query(ctx context.Context, query view.Query) (result *view.Result, err error) {
	err = g.Use(func() (err error) {
		result, err = g.store.query(ctx, &query)
		return err
	})
	return result, err
}

func (g *generation) Count(ctx context.Context) (n int64, err error) {
	err = g.Use(func() error {
		if g.store.filling.Load() {
			return view.ErrFilling
		}
		a := &asking{store: g.store, plan: &view.Plan{}}
		found, err := a.search(ctx, object{"size": 0, "track_total_hits": true})
		if err == nil {
			n = found.Hits.Total.Value
		}
		return err
	})
	return n, err
}

// BeginFill stops periodic refreshes, which would split what is written
// into many small pieces.
func (g *generation) BeginFill(ctx context.Context) error {
	return g.Use(func() error {
		if g.store.filling.Load() {
			return nil
		}
		if err := g.store.refreshBy(ctx, refreshFilling); err != nil {
			return err
		}
		g.store.filling.Store(true)
		return nil
	})
}

// EndFill makes everything written searchable.
func (g *generation) EndFill(ctx context.Context) error {
	return g.Use(func() error {
		if !g.store.filling.Load() {
			return nil
		}
		if err := g.store.refresher.wait(ctx); err != nil {
			return err
		}
		if err := g.store.refreshBy(ctx, refreshLive); err != nil {
			return err
		}
		g.store.filling.Store(false)
		return nil
	})
}

func (s *store) refreshBy(ctx context.Context, interval string) error {
	return s.client.call(ctx, esapi.IndicesPutSettingsRequest{
		Index: []string{s.index}, Body: content(object{"index": object{"refresh_interval": interval}}),
	}, nil)
}
