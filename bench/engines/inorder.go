package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

const (
	// turnStreams are the streams that a copied log alternates between, one event at a time: no two share an append.
	turnStreams = 100
	// handedOver is how many appends a copy sends at once.
	handedOver = 4096
)

// inOrder measures how a log is copied to EventStoreDB, compared with what 64 writers reach there without an order, and with
// one append after another.
func inOrder(ctx context.Context, s *stage, c config) ([]Row, error) {
	store, err := esdb.Open(esdb.Options{Connection: esdbtest.Start(s, esdbtest.Options{}).Connection()})
	s.must(err)
	s.Cleanup(func() { s.must(store.Close()) })
	var ours, free, single []float64
	for range c.rounds {
		r, err := appendFor(c.length/3, func(stream string, expected int64, data []byte) error {
			_, err := store.Append(ctx, stream, expected, eventstore.Event{ID: uuid.New(), Type: "bench", Data: data})
			return err
		})
		if err != nil {
			return nil, err
		}
		free = append(free, r)
		if r, err = copyFor(c.length/3, handedOver, func(batches []eventstore.Batch) error {
			_, err := store.AppendInOrder(ctx, batches...)
			return err
		}); err != nil {
			return nil, err
		}
		ours = append(ours, r)
		if r, err = copyFor(c.length/3, 1, func(batches []eventstore.Batch) error {
			b := &batches[0]
			_, err := store.Append(ctx, b.Stream, b.Expected, b.Events...)
			return err
		}); err != nil {
			return nil, err
		}
		single = append(single, r)
	}
	return []Row{compared(fmt.Sprintf("EventStoreDB adapter, a log copied in order, %d-byte events", eventBytes), "events/s",
		median(ours), median(free), "0.5 and 10,000 events/s",
		fmt.Sprintf("against %d writers without an order; one append after another reaches %.0f", writers, median(single)))}, nil
}

// copyFor sends events, atOnce at a time, for a time and returns events per second.
func copyFor(d time.Duration, atOnce int, add func([]eventstore.Batch) error) (float64, error) {
	data, names := bytes.Repeat([]byte("x"), eventBytes), make([]string, turnStreams)
	for i := range names {
		names[i] = "bench-" + uuid.NewString()
	}
	n, began := 0, time.Now()
	for time.Since(began) < d {
		batches := make([]eventstore.Batch, atOnce)
		for i := range batches {
			batches[i] = eventstore.Batch{Stream: names[n%turnStreams], Expected: int64(n/turnStreams) - 1,
				Events: []eventstore.Event{{ID: uuid.New(), Type: "bench", Data: data}}}
			n++
		}
		if err := add(batches); err != nil {
			return 0, err
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
