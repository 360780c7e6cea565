package esdbtest_test

import (
	"testing"

	"google.golang.org/grpc/codes"

	"accountledger/eventstore/esdb/esdbtest"
)

// TestPutBack loses what came after the copy; other events take its places.
func TestPutBack(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	w.append("s", none, proposals(1)...)
	c.SetMetadata("s", `{"$maxCount":9}`)
	copied := c.Snapshot()
	lost := w.append("s", 0, proposals(1)...)
	c.SoftDelete("s")
	call := w.call(all, subscribing)
	if said, _ := w.next(call); said != "confirmed" {
		t.Fatal(said)
	}
	c.PutBack(copied)
	var err error
	for err == nil {
		_, err = call.Recv()
	}
	if code(err) != codes.Unavailable {
		t.Fatalf("a subscription ends with %v", err)
	}
	again := w.retry(func() string { return w.read(streamOf("s")) })
	w.says("what is left", "s@0", again)
	other := w.append("s", 0, proposals(1)...)
	if w.says("other events", "1", other.said); other.commit != lost.commit {
		t.Fatalf("they are at %d, the lost ones were at %d", other.commit, lost.commit)
	}
	c.PutBack(copied) // which is unchanged
	w.says("once more", "s@0", w.retry(func() string { return w.read(streamOf("s")) }))
}

// TestUnderWayAtPutBack does not carry out an append that was under way.
func TestUnderWayAtPutBack(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	copied := c.Snapshot()
	c.FailAppends(esdbtest.Delay)
	done := make(chan string, 1)
	go func() { done <- w.append("s", none, proposals(1)...).said }()
	until(t, func() bool { return c.Delayed() == 1 })
	c.PutBack(copied)
	c.Release()
	if said := <-done; said[:2] != "14" {
		t.Fatal(said)
	}
	w.says("the stream", "not found", w.retry(func() string { return w.read(streamOf("s")) }))
}
