package main

import (
	"context"
	"fmt"
	"time"

	"accountledger/projections/sqlite"
	"accountledger/projections/view"
)

// question is a query with a name for the table.
type question struct {
	name  string
	query view.Query
}

func questions() []question {
	newest := []view.Order{{Field: "joined", Desc: true}}
	german := view.Compare("region", view.Eq, view.Text("DE"))
	days := &view.Histogram{Field: "joined", Interval: view.Day, Zone: "Europe/Berlin"}
	middle := &view.Cursor{Values: []view.Value{view.TimeValue(time.Date(2025, 7, 1, 0, 0, 0, 0, time.UTC))}, ID: "8"}
	return []question{
		{"newest", view.Query{Sort: newest}},
		{"of a region", view.Query{Filter: german, Sort: newest}},
		{"of a region, deep page", view.Query{Filter: german, Sort: newest, After: middle}},
		{"of a region, with total", view.Query{Filter: german, Sort: newest, Total: true}},
		{"rare word", view.Query{Words: "word77", Sort: newest}},
		{"common word, with total", view.Query{Words: "signed kr", Sort: newest, Total: true}},
		{"groups by region", view.Query{Group: &view.Group{By: []string{"region"}}, Limit: 1}},
		{"days of a region", view.Query{Filter: german, Histogram: days, Limit: 1}},
		{"count", view.Query{Total: true, Limit: 1}},
	}
}

// queries measures both engines on the same documents, one query after another,
// each run alternately on both.
func queries(ctx context.Context, s *stage, c config) ([]Row, error) {
	docs := crowd(c.docs)
	files, err := sqlite.New(s.TempDir())
	s.must(err)
	s.Cleanup(func() { s.must(files.Close()) })
	cluster := s.cluster(c.url, nil)
	s.must(cluster.Remove(ctx, "people"))
	engines := []view.Engine{cluster, files}
	generations := make([]view.Generation, len(engines))
	for i, e := range engines {
		g := s.next(ctx, e)
		generations[i] = g
		s.Cleanup(func() { s.drop(context.WithoutCancel(ctx), e, g) })
		if err := fill(ctx, g, docs); err != nil {
			return nil, err
		}
		if err := g.EndFill(ctx); err != nil {
			return nil, err
		}
	}
	docs = nil //nolint:ineffassign,wastedassign // so that they are not kept in memory
	var rows []Row
	for _, q := range questions() {
		var times [2][]time.Duration
		for n := range c.asked + warmUp {
			for i, g := range generations {
				began := time.Now()
				if _, err := g.Query(ctx, q.query); err != nil {
					return nil, fmt.Errorf("%s: %w", q.name, err)
				}
				if n >= warmUp {
					times[i] = append(times[i], time.Since(began))
				}
			}
		}
		name := fmt.Sprintf("query of %d, %s: Elasticsearch, SQLite", c.docs, q.name)
		rows = append(rows, compared(name, "ms p50", percentile(times[0], 0.5), percentile(times[1], 0.5), "side by side",
			fmt.Sprintf("p99 %.1f ms, %.1f ms", percentile(times[0], 0.99), percentile(times[1], 0.99))))
	}
	return rows, nil
}

// warmUp is how often a query is run before it counts.
const warmUp = 20
