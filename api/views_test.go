package api_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"accountledger/api"
	"accountledger/journal"
	"accountledger/projections"
	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// foldingViews are the real views on the real engine. They fold what is new in the log before each query, unless they
// are told to fall behind.
type foldingViews struct {
	mu      sync.Mutex
	t       testing.TB
	journal *journal.Journal
	at      journal.Checkpoint
	all     map[string]view.Declaration[journal.Record]
	filled  map[string]view.Generation
	behind  bool
	number  int
	engine  view.Engine
}

func newFoldingViews(t testing.TB, j *journal.Journal) *foldingViews {
	t.Helper()
	engine, err := sqlite.New(t.TempDir())
	must(t, engine, err)
	v := &foldingViews{t: t, journal: j, engine: engine, all: map[string]view.Declaration[journal.Record]{}, filled: map[string]view.Generation{}}
	for _, d := range projections.All() {
		v.all[d.Name] = d
	}
	v.rebuild()
	t.Cleanup(func() {
		for _, g := range v.filled {
			_ = g.Close()
		}
		_ = engine.Close()
	})
	return v
}

// rebuild begins new generations of all views.
func (v *foldingViews) rebuild() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.number++
	v.at = journal.Checkpoint{}
	for name, d := range v.all {
		if old := v.filled[name]; old != nil {
			must(v.t, 0, old.Close())
		}
		g, err := v.engine.Open(v.t.Context(), d.Schema, v.number)
		v.filled[name] = must(v.t, g, err)
	}
}

func (v *foldingViews) Schema(name string) (*view.Schema, bool) {
	d, ok := v.all[name]
	return &d.Schema, ok
}

func (v *foldingViews) Query(ctx context.Context, name string, q view.Query, from journal.Position, _ time.Duration) (*view.Result, view.GenerationID, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if !v.behind {
		if err := v.fold(ctx); err != nil {
			return nil, view.GenerationID{}, err
		}
	}
	if v.at.Position.Compare(from) < 0 {
		return nil, view.GenerationID{}, api.ErrBehind
	}
	found, err := v.filled[name].Query(ctx, q)
	return found, v.filled[name].ID(), err
}

func (v *foldingViews) fold(ctx context.Context) error {
	for {
		page, err := v.journal.ReadAll(ctx, v.at, journal.PageSize)
		if err != nil {
			return err
		}
		if page.Checkpoint.Position == v.at.Position {
			return nil
		}
		for _, r := range page.Records {
			for name, d := range v.all {
				if err := v.one(ctx, name, d, r); err != nil {
					return err
				}
			}
		}
		v.at = page.Checkpoint
	}
}

func (v *foldingViews) one(ctx context.Context, name string, d view.Declaration[journal.Record], r journal.Record) error {
	ids := d.Touches(r)
	before, err := v.filled[name].Load(ctx, ids)
	if err != nil {
		return err
	}
	var changed []*view.Document
	for i, id := range ids {
		after, err := d.Fold(before[i], id, r.Position.Int64(), r)
		if err != nil {
			return err
		}
		if after != before[i] {
			changed = append(changed, after)
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return v.filled[name].Write(ctx, view.Batch{Documents: changed})
}

func (v *foldingViews) fallBehind(behind bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.behind = behind
}

// put writes documents straight into a view.
func (v *foldingViews) put(name string, documents ...*view.Document) {
	v.mu.Lock()
	defer v.mu.Unlock()
	must(v.t, 0, v.filled[name].Write(v.t.Context(), view.Batch{Documents: documents}))
}
