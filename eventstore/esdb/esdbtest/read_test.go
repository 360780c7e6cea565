package esdbtest_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"accountledger/eventstore/esdb/esdbtest"
)

func TestReadAnswers(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	w.append("s", none, proposals(3)...)
	w.append("long", none, proposals(70)...)
	w.says("a stream", "s@0 s@1 s@2", w.read(streamOf("s")))
	w.says("to its end", "s@0 s@1 s@2 last 2", w.read(streamOf("s"), positions))
	w.says("beyond its end", "first 3 last 2", w.read(streamOf("s"), fromRevision(10), positions))
	w.says("at its end", "last 2", w.read(streamOf("s"), fromRevision(3), positions))
	w.says("backwards", "s@2 s@1", w.read(streamOf("s"), backwards, count(2)))
	w.says("missing", "not found", w.read(streamOf("missing")))
	w.says("missing, backwards", "not found", w.read(streamOf("missing"), backwards))
	for name, how := range map[string][]options{"forwards": nil, "backwards": {backwards}} {
		if got := strings.Fields(w.read(append([]options{streamOf("long")}, how...)...)); len(got) != 70 {
			t.Errorf("%s: %d events of 70", name, len(got))
		}
		if got := strings.Fields(w.read(append([]options{all}, how...)...)); len(got) != 76 {
			t.Errorf("$all, %s: %d events of 76", name, len(got))
		}
	}
	at := w.positionsOf("s")
	w.says("$all from a position", "s@1 s@2", w.read(fromPosition(at[1]), count(2)))
	w.says("$all beyond the end", "", w.read(fromPosition(1<<40)))
	w.says("$all inside a record", fmt.Sprintf("2 : Unexpected ReadAllResult: InvalidPosition >> C:%d/P:%d", at[1]+1, at[1]+1), w.read(fromPosition(at[1]+1)))
	w.says("a subscription there", fmt.Sprintf("2 : Unexpected ReadAllResult: InvalidPosition >> C:%d/P:%d", at[1]+1, at[1]+1),
		w.read(fromPosition(at[1]+1), subscribing))
}

// TestCaughtUp reports immediately how far a subscription has everything.
func TestCaughtUp(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	w.append("s", none, proposals(3)...)
	at := w.positionsOf("s")
	for name, how := range map[string]options{"from the end": fromEnd, "from a position": fromPosition(at[0]), "from the start": all} {
		call := w.call(how, subscribing)
		said, resp := w.next(call)
		for w.says(name, "confirmed", said); said != "caught up" && resp != nil; {
			said, resp = w.next(call)
		}
		// timestamp is field 1, position is field 3 with the commit position as field 1.
		raw, found := resp.GetCaughtUp().ProtoReflect().GetUnknown(), false
		for len(raw) > 0 {
			field, _, n := protowire.ConsumeTag(raw)
			value, m := protowire.ConsumeBytes(raw[n:])
			if field == 3 {
				commit, _ := protowire.ConsumeVarint(value[1:])
				found = commit == at[2]
			}
			raw = raw[n+m:]
		}
		if !found {
			t.Errorf("%s: no position %d in %x", name, at[2], resp.GetCaughtUp().ProtoReflect().GetUnknown())
		}
	}
}

// TestOthersEvents returns other programs' events as written.
func TestOthersEvents(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	w.append("s", none, proposals(1)...)
	if last := c.Write("s", esdbtest.Raw{}, esdbtest.Raw{Metadata: []byte("not JSON"), Type: "other"}, esdbtest.Link("0@s")); last != 3 {
		t.Fatalf("revision %d", last)
	}
	c.Write("$projections-$all", esdbtest.Raw{})
	call := w.call(streamOf("s"))
	want := []struct{ typ, metadata, data string }{{"happened", "", "{}"}, {"happened", "", ""}, {"other", "not JSON", ""}, {"$>", "", "0@s"}}
	for _, e := range want {
		resp, err := call.Recv()
		if err != nil {
			t.Fatal(err)
		}
		got := resp.GetEvent().GetEvent()
		if got.GetMetadata()["type"] != e.typ || string(got.GetCustomMetadata()) != e.metadata || string(got.GetData()) != e.data {
			t.Errorf("got %v, want %v", got, e)
		}
	}
	w.says("$all", "$projections-$all@0", w.read(all, backwards, count(1)))
}
