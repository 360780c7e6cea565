package esdbtest_test

import (
	"math"
	"strings"
	"testing"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"accountledger/eventstore/esdb/esdbtest"
)

// TestAppendAnswers appends repeatedly to one stream.
func TestAppendAnswers(t *testing.T) {
	t.Parallel()
	w := dial(t, esdbtest.Start(t, esdbtest.Options{SystemEvery: -1}).Node(0).Address())
	e := proposals(9)
	first := w.append("s", none, e[0], e[1])
	w.says("to a stream that is not there", "1", first.said)
	if at := w.positionsOf("s"); at[1] != first.commit || first.prepare != first.commit {
		t.Fatalf("position %d is not the last event's: %d", first.commit, at)
	}
	w.says("a wrong revision", "wrong: expected -1, current 1", w.append("s", none, e[2]).said)
	w.says("a revision too high", "wrong: expected 7, current 1", w.append("s", 7, e[2]).said)
	w.says("no stream there", "wrong: expected 7, no stream", w.append("none", 7, e[2]).said)
	again := func(what string) {
		t.Helper()
		got := w.append("s", none, e[0], e[1])
		if w.says(what, "1", got.said); got.commit != first.commit {
			t.Fatalf("%s: position %d, want %d", what, got.commit, first.commit)
		}
	}
	again("a repeat")
	w.says("more", "2", w.append("s", 1, e[2]).said)
	again("a repeat after more")
	one := w.append("s", none, e[0])
	if w.says("a part of it", "0", one.said); one.commit != w.positionsOf("s")[0] {
		t.Fatal("another position than before")
	}
	whatever := w.append("s", some, e[0], e[1])
	if w.says("a repeat expecting anything", "1", whatever.said); whatever.commit != first.commit {
		t.Fatal("another position than before")
	}
	w.says("a repeat with more", "wrong: expected -1, current 2", w.append("s", none, e[0], e[5]).said)
	w.says("an id again at the end", "3", w.append("s", 2, e[0]).said)
	w.says("anything new", "4", w.append("s", some, e[6]).said)
}

// TestWrongRevision names the revisions in the fields of old clients as well.
func TestWrongRevision(t *testing.T) {
	t.Parallel()
	w := dial(t, esdbtest.Start(t, esdbtest.Options{}).Node(0).Address())
	w.append("s", none, proposals(3)...)
	wrong := w.append("s", none, proposals(1)...).response.GetWrongExpectedVersion()
	if wrong.GetExpectedRevision() != math.MaxUint64 || wrong.GetExpectedRevision_20_6_0() != math.MaxUint64 ||
		wrong.GetCurrentRevision() != 2 || wrong.GetCurrentRevision_20_6_0() != 2 {
		t.Fatalf("got %v", wrong)
	}
	missing := w.append("t", 0, proposals(1)...).response.GetWrongExpectedVersion()
	if missing.GetCurrentNoStream() == nil || missing.GetNoStream_20_6_0() == nil || missing.GetExpectedRevision_20_6_0() != 0 {
		t.Fatalf("got %v", missing)
	}
}

// TestRefusedEvents are too large, or have no type.
func TestRefusedEvents(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	w := dial(t, c.Node(0).Address())
	sized := func(n int) *api.AppendReq_ProposedMessage {
		e := proposals(1)[0]
		e.Data = []byte(strings.Repeat("x", n))
		return e
	}
	untyped := proposals(1)[0]
	untyped.Metadata["type"] = ""
	w.says("no type", "2 : Exception was thrown by handler.", w.append("s", none, untyped).said)
	delete(untyped.Metadata, "type")
	w.says("type missing", "3 missing-required-metadata-property: Required Metadata Property 'type' is missing", w.append("s", none, untyped).said)
	large := w.append("s", none, sized(1<<20))
	w.says("a large append", "3 maximum-append-size-exceeded: Maximum Append Size of 1048576 Exceeded.", large.said)
	w.says("its trailer", "1048576", large.trailer.Get("maximum-append-size")[0])

	c.SetLimits(2000, 500)
	event := sized(600)
	refused := w.append("s", none, event)
	id := event.GetId().GetString_()
	w.says("a large event", "3 maximum-append-event-size-exceeded: Event with Id: "+id+", Size: 616, exceeds Maximum Append Event Size of 500.", refused.said)
	for name, want := range map[string]string{"maximum-append-event-size": "500", "event-id": id, "proposed-append-event-size": "616"} {
		w.says(name, want, refused.trailer.Get(name)[0])
	}
	w.says("many", "3 maximum-append-size-exceeded: Maximum Append Size of 2000 Exceeded.",
		w.append("s", none, sized(450), sized(450), sized(450), sized(450), sized(450)).said)
	c.SetLimits(0, 0)
	w.says("as before", "0", w.append("s", none, event).said)
}

// TestFollowers refuse what requires the leader and forward the rest.
func TestFollowers(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	w := dial(t, c.Node(1).Address())
	w.says("forwarded", "0", w.append("s", none, proposals(1)...).said)
	strict := w.with("requires-leader", "true")
	refused := strict.append("s", 0, proposals(1)...)
	w.says("refused", "5 not-leader: Leader info available", refused.said)
	at := refused.trailer.Get("leader-endpoint-host")[0] + ":" + refused.trailer.Get("leader-endpoint-port")[0]
	w.says("the leader", c.Node(0).Address(), at)
	w.says("a read", "5 not-leader: Leader info available", strict.read(streamOf("s")))
	w.says("a read there", "s@0", w.read(streamOf("s")))
}

// TestLostQuorum keeps what a leader without followers wrote, though it answers with a timeout.
func TestLostQuorum(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3, CommitTimeout: time.Millisecond})
	leader, follower := dial(t, c.Node(0).Address()), dial(t, c.Node(1).Address())
	leader.says("before", "0", leader.append("s", none, proposals(1)...).said)
	c.LoseQuorum()
	leader.says("alone", "s@0", leader.read(streamOf("s")))
	leader.says("an append", "10 : Operation timed out: Commit phase timeout.", leader.append("s", 0, proposals(1)...).said)
	leader.says("a read", "14 : Server Is Not Ready", leader.read(streamOf("s")))
	leader.says("another append", "14 : Server Is Not Ready", leader.append("s", 1, proposals(1)...).said)
	follower.expires("a follower", follower.within(50*time.Millisecond).read(streamOf("s")))
	c.RegainQuorum()
	leader.says("back", "s@0 s@1", leader.read(streamOf("s")))
	leader.says("an append", "2", leader.append("s", 1, proposals(1)...).said)
	follower.says("the follower", "s@0 s@1 s@2", follower.read(streamOf("s")))
}
