package esdb_test

import (
	"bytes"
	"sync/atomic"
	"testing"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
)

const (
	benchWriters = 64
	benchBytes   = 400
)

// BenchmarkAppend compares the adapter with the vendor's client, on the same server: 64
// writers, each with its own stream, one event of 400 bytes per append.
func BenchmarkAppend(b *testing.B) {
	server := connection(b)
	b.Run("adapter", func(b *testing.B) {
		s := open(b, esdb.Options{Connection: server, Prefix: newPrefix()})
		benchmark(b, func(stream string, expected int64, data []byte) error {
			_, err := s.Append(b.Context(), stream, expected, eventstore.Event{ID: uuid.New(), Type: "bench", Data: data})
			return err
		})
	})
	b.Run("client", func(b *testing.B) {
		c := bare(b, server)
		benchmark(b, func(stream string, expected int64, data []byte) error {
			opts := client.AppendToStreamOptions{ExpectedRevision: client.NoStream{}}
			if expected >= 0 {
				opts.ExpectedRevision = client.Revision(uint64(expected))
			}
			_, err := c.AppendToStream(b.Context(), stream, opts, client.EventData{EventID: uuid.New(), EventType: "bench", Data: data})
			return err
		})
	})
}

func benchmark(b *testing.B, add func(stream string, expected int64, data []byte) error) {
	b.Helper()
	data := bytes.Repeat([]byte("x"), benchBytes)
	var left atomic.Int64
	left.Store(int64(b.N))
	done := make(chan error, benchWriters)
	b.ResetTimer()
	for range benchWriters {
		go func() {
			stream := newStream()
			for expected := eventstore.NoStream; left.Add(-1) >= 0; expected++ {
				if err := add(stream, expected, data); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for range benchWriters {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
}

// BenchmarkInOrder copies events of 400 bytes, one per append, to a hundred streams in turn, as a move of a log does: in order on
// one call, one append after another, and with 64 writers in no particular order.
func BenchmarkInOrder(b *testing.B) {
	server := connection(b)
	opts := func() esdb.Options { return esdb.Options{Connection: server, Prefix: newPrefix()} }
	b.Run("in order", func(b *testing.B) {
		s, batches := open(b, opts()), turns(b.N)
		b.ResetTimer()
		for rest := batches; len(rest) > 0; {
			n := min(len(rest), 4096)
			if done, err := s.AppendInOrder(b.Context(), rest[:n]...); err != nil {
				b.Fatalf("%d done: %v", len(done), err)
			}
			rest = rest[n:]
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	})
	b.Run("one after another", func(b *testing.B) {
		s, batches := open(b, opts()), turns(b.N)
		b.ResetTimer()
		for _, t := range batches {
			if _, err := s.Append(b.Context(), t.Stream, t.Expected, t.Events...); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "appends/s")
	})
	b.Run("64 writers", func(b *testing.B) {
		s := open(b, opts())
		benchmark(b, func(stream string, expected int64, data []byte) error {
			_, err := s.Append(b.Context(), stream, expected, eventstore.Event{ID: uuid.New(), Type: "bench", Data: data})
			return err
		})
	})
}

// turns creates batches of one event for a hundred streams in turn.
func turns(n int) []eventstore.Batch {
	const streams = 100
	data, all, names := bytes.Repeat([]byte("x"), benchBytes), make([]eventstore.Batch, n), make([]string, streams)
	for i := range names {
		names[i] = newStream()
	}
	for i := range all {
		all[i] = eventstore.Batch{Stream: names[i%streams], Expected: int64(i/streams) - 1,
			Events: []eventstore.Event{{ID: uuid.New(), Type: "bench", Data: data}}}
	}
	return all
}
