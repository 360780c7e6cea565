package main

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

const (
	// writers append at the same time, each to its own stream.
	writers = 64
	// eventBytes is the size of an event.
	eventBytes = 400
)

// appends compares the adapter with the vendor's client, on the same test server.
func appends(ctx context.Context, s *stage, c config) ([]Row, error) {
	connection := esdbtest.Start(s, esdbtest.Options{}).Connection()
	store, err := esdb.Open(esdb.Options{Connection: connection})
	s.must(err)
	s.Cleanup(func() { s.must(store.Close()) })
	conf, err := client.ParseConnectionString(connection)
	s.must(err)
	conf.Logger = client.NoopLogging()
	vendor, err := client.NewClient(conf)
	s.must(err)
	s.Cleanup(func() { s.must(vendor.Close()) })

	adapter := func(stream string, expected int64, data []byte) error {
		_, err := store.Append(ctx, stream, expected, eventstore.Event{ID: uuid.New(), Type: "bench", Data: data})
		return err
	}
	bare := func(stream string, expected int64, data []byte) error {
		opts := client.AppendToStreamOptions{ExpectedRevision: client.NoStream{}}
		if expected >= 0 {
			opts.ExpectedRevision = client.Revision(uint64(expected))
		}
		_, err := vendor.AppendToStream(ctx, stream, opts, client.EventData{EventID: uuid.New(), EventType: "bench", Data: data})
		return err
	}
	var ours, control []float64
	for range c.rounds {
		r, err := appendFor(c.length/2, bare)
		if err != nil {
			return nil, err
		}
		control = append(control, r)
		if r, err = appendFor(c.length/2, adapter); err != nil {
			return nil, err
		}
		ours = append(ours, r)
	}
	return []Row{compared(fmt.Sprintf("EventStoreDB adapter, %d writers, %d-byte events", writers, eventBytes), "appends/s",
		median(ours), median(control), "", "against the vendor's client, both on the test server")}, nil
}

// appendFor appends for a time and returns appends per second.
func appendFor(d time.Duration, add func(stream string, expected int64, data []byte) error) (float64, error) {
	data := bytes.Repeat([]byte("x"), eventBytes)
	var (
		group sync.WaitGroup
		done  atomic.Int64
		errs  = make(chan error, writers)
	)
	began := time.Now()
	for range writers {
		group.Go(func() {
			stream := "bench-" + uuid.NewString()
			for expected := eventstore.NoStream; time.Since(began) < d; expected++ {
				if err := add(stream, expected, data); err != nil {
					errs <- err
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	select {
	case err := <-errs:
		return 0, err
	default:
		return float64(done.Load()) / took.Seconds(), nil
	}
}
