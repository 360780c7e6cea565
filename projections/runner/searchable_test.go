package runner_test

import (
	"context"
	"errors"
	"testing"

	"accountledger/consumers"
	"accountledger/projections/projectiontest"
	"accountledger/projections/runner"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// slow is an engine whose documents are found only after a refresh, as those of a search cluster are.
type slow struct {
	*sqlite.Engine
	refreshed chan struct{}
}

type slowGeneration struct {
	view.Generation
	engine *slow
}

func (e *slow) Open(ctx context.Context, schema view.Schema, number int) (view.Generation, error) {
	g, err := e.Engine.Open(ctx, schema, number)
	if err != nil {
		return nil, err
	}
	return &slowGeneration{g, e}, nil
}

func (g *slowGeneration) Searchable(context.Context, int) (view.Checkpoint, error) {
	return view.Checkpoint("older"), nil
}

func (g *slowGeneration) Refresh(ctx context.Context) error {
	g.engine.refreshed <- struct{}{}
	return g.Generation.Refresh(ctx)
}

func TestWaitingMakesSearchable(t *testing.T) {
	l := projectiontest.New(t)
	engine := &slow{l.Engine, make(chan struct{}, 1)}
	views, err := runner.OpenViews(t.Context(), engine, l.Journal, l.Logger, []runner.Declaration{other(1)})
	if err != nil {
		t.Fatal(err)
	}
	r, err := consumers.New(consumers.Options{Journal: l.Journal, Log: l.Logger, Now: l.Now}, views.Consumers()...)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(context.WithoutCancel(t.Context())) }()
	l.Notices("location")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := r.WaitFor(ctx, "other", l.Head().Position); err != nil {
		t.Error(err)
	}
	select {
	case <-engine.refreshed:
	default:
		t.Error("WaitFor returned before what was written can be found")
	}
	if err := errors.Join(r.Close(), <-ended, views.Close()); err != nil {
		t.Error(err)
	}
}
