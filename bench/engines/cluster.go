package main

import (
	"context"
	"slices"

	"accountledger/projections/elastic"
	"accountledger/projections/view"
)

// prefix keeps the benchmark's data apart from the cluster's other contents.
const prefix = "accountledger-bench"

// cluster returns the engine on Elasticsearch, emptied of what an earlier run left.
func (s *stage) cluster(url string, change func(*elastic.Options)) *elastic.Engine {
	o := elastic.Options{URLs: []string{url}, Prefix: prefix}
	if change != nil {
		change(&o)
	}
	e, err := elastic.New(o)
	s.must(err)
	s.Cleanup(func() { s.must(e.Close()) })
	return e
}

// batchSize is how many documents a rebuild writes at once.
const batchSize = 8 << 10

// fill writes documents as a rebuild does: in batches, each with a checkpoint.
func fill(ctx context.Context, g view.Generation, docs []*view.Document) error {
	if err := g.BeginFill(ctx); err != nil {
		return err
	}
	for batch := range slices.Chunk(docs, batchSize) {
		if err := g.Write(ctx, view.Batch{Documents: batch, Checkpoint: view.Checkpoint("place")}); err != nil {
			return err
		}
	}
	return nil
}

// next opens the next generation of the view of people.
func (s *stage) next(ctx context.Context, e view.Engine) view.Generation {
	number, err := view.NextNumber(ctx, e, "people")
	s.must(err)
	g, err := e.Open(ctx, people(), number)
	s.must(err)
	return g
}

// drop closes a generation and deletes it.
func (s *stage) drop(ctx context.Context, e view.Engine, g view.Generation) {
	s.must(g.Close())
	s.must(e.Drop(ctx, g.ID()))
}
