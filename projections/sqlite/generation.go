package sqlite

import (
	"context"
	"database/sql"
	"errors"

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

// use runs work unless the handle is closed, and closing waits for it. Once any work has met damage all further work fails, so
// that the consumer, which alone can have the view rebuilt, learns of damage met by a query.
func (g *generation) use(work func() error) error {
	return g.Use(func() error {
		if met := g.store.damage.Load(); met != nil {
			return *met
		}
		err := explain(work(), g.store.path)
		if errors.Is(err, view.ErrCorrupt) {
			g.store.damage.CompareAndSwap(nil, &err)
		}
		return err
	})
}

// change is use for writes.
func (g *generation) change(work func() error) error {
	if g.store.readOnly() {
		return ErrReading
	}
	return g.use(work)
}

func (g *generation) Load(ctx context.Context, ids []string) (found []*view.Document, err error) {
	err = g.use(func() (err error) {
		found, err = g.store.load(ctx, ids)
		return err
	})
	return found, err
}

func (g *generation) Write(ctx context.Context, batch view.Batch) error {
	return g.change(func() error { return g.store.write(ctx, batch) })
}

func (g *generation) Checkpoint(ctx context.Context, partition int) (place view.Checkpoint, err error) {
	if place, ok := g.store.moves.get(partition); ok {
		return place, g.use(func() error { return ctx.Err() })
	}
	err = g.use(func() error {
		return g.store.look(func(from querier) error {
			err := from.QueryRowContext(ctx, `SELECT place FROM checkpoints WHERE partition = ?`, partition).Scan((*[]byte)(&place))
			if errors.Is(err, sql.ErrNoRows) {
				return nil
			}
			return err
		})
	})
	return place, err
}

// Searchable is Checkpoint: what is written can be found immediately.
func (g *generation) Searchable(ctx context.Context, partition int) (view.Checkpoint, error) {
	return g.Checkpoint(ctx, partition)
}

// Refresh has nothing to do.
func (g *generation) Refresh(ctx context.Context) error {
	return g.use(ctx.Err)
}

func (g *generation) Query(ctx context.Context, query view.Query) (result *view.Result, err error) {
	err = g.use(func() (err error) {
		result, err = g.store.query(ctx, &query)
		return err
	})
	return result, err
}

func (g *generation) Count(ctx context.Context) (n int64, err error) {
	err = g.use(func() (err error) {
		if g.store.filling.Load() {
			return view.ErrFilling
		}
		n, err = g.store.count(ctx, g.store.reading)
		return err
	})
	return n, err
}

func (g *generation) BeginFill(ctx context.Context) error {
	return g.change(func() error { return g.store.beginFill(ctx) })
}

func (g *generation) EndFill(ctx context.Context) error {
	return g.change(func() error { return g.store.endFill(ctx) })
}
