package esdb_test

import (
	"os"
	"testing"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/eventstore/storetest"
)

// TestStore runs the suite, on the real server if the variable names one.
func TestStore(t *testing.T) {
	t.Parallel()
	opts := esdb.Options{Connection: connection(t), Prefix: newPrefix()}
	storetest.Run(t, func(t *testing.T) eventstore.Store { t.Helper(); return opened(t, opts) })
}

// TestStoreOdd runs it with everything a server may do differently: prepare positions that differ from commit positions, many
// entries of its own, buffers so small that each event waits for room, and a cluster over TLS.
func TestStoreOdd(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{
		Nodes: 3, SystemEvery: 1, Transactions: true, TLS: true, User: "ledger", Password: "secret",
	})
	opts := esdb.Options{Connection: c.Connection("nodePreference=follower"), BufferedEvents: 1, BufferedBytes: 1}
	lose := func(t *testing.T, _ eventstore.Store) { t.Helper(); c.FailAppends(esdbtest.LoseReply) }
	storetest.Run(t, func(t *testing.T) eventstore.Store { t.Helper(); return opened(t, opts) }, storetest.Faults{LoseReply: lose})
}

// opened leaves closing to the suite.
func opened(t *testing.T, opts esdb.Options) eventstore.Store {
	t.Helper()
	s, err := esdb.Open(opts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestRealServer fails when the variable names a server that does not answer.
func TestRealServer(t *testing.T) {
	t.Parallel()
	if os.Getenv(realServer) == "" {
		t.Logf("%s is not set: using the test server", realServer)
	}
	s := open(t, esdb.Options{Connection: connection(t), Prefix: newPrefix()})
	if _, err := s.LogID(context30(t)); err != nil {
		t.Fatalf("the log cannot be reached: %v", err)
	}
}
