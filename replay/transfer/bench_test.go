package transfer_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/embedded"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/replay/transfer"
)

// BenchmarkCopyOntoEventStoreDB copies a log of 400-byte events, each in a different stream from the one before, from the
// embedded engine to a test server.
func BenchmarkCopyOntoEventStoreDB(b *testing.B) {
	from, err := embedded.Open(embedded.Options{Dir: "log", FS: vfs.NewMem(), ReserveBytes: -1})
	must(b, err)
	defer func() { must(b, from.Close()) }()
	data := bytes.Repeat([]byte("x"), 400)
	const streams, atOnce = 100, 10_000
	for n := 0; n < b.N; {
		batches := make([]eventstore.Batch, min(atOnce, b.N-n))
		for i := range batches {
			batches[i] = eventstore.Batch{Stream: fmt.Sprintf("account-%d", n%streams), Expected: int64(n/streams) - 1,
				Events: []eventstore.Event{{ID: uuid.New(), Type: "thing.happened.v1", Data: data}}}
			n++
		}
		_, err := from.AppendInOrder(b.Context(), batches...)
		must(b, err)
	}
	to, err := esdb.Open(esdb.Options{Connection: esdbtest.Start(b, esdbtest.Options{}).Connection()})
	must(b, err)
	defer func() { must(b, to.Close()) }()
	b.ResetTimer()
	d, err := transfer.Copy(b.Context(), from, to, nil)
	must(b, err)
	b.ReportMetric(float64(d.Events)/b.Elapsed().Seconds(), "events/s")
}

func must(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
