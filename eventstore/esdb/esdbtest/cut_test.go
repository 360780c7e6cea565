package esdbtest_test

import (
	"strings"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"

	"accountledger/eventstore/esdb/esdbtest"
)

// TestSoftDelete writes to a deleted stream again: it continues where it was, once, whatever is expected.
func TestSoftDelete(t *testing.T) {
	t.Parallel()
	for name, expected := range map[string]int{"its revision": 2, "no stream": none} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
			w := dial(t, c.Node(0).Address())
			w.append("s", none, proposals(3)...)
			vendor, ctx := connect(t, c.Connection())
			if _, err := vendor.DeleteStream(ctx, "s", client.DeleteStreamOptions{}); err != nil {
				t.Fatal(err)
			}
			w.says("read", "not found", w.read(streamOf("s")))
			w.says("backwards", "not found", w.read(streamOf("s"), backwards))
			w.says("append", "3", w.append("s", expected, proposals(1)...).said)
			w.says("once more", "wrong: expected -1, current 3", w.append("s", none, proposals(1)...).said)
			w.says("and its revision", "wrong: expected 2, current 3", w.append("s", 2, proposals(1)...).said)
			w.says("read again", "s@3", w.read(streamOf("s")))
			in := w.read(all)
			for _, event := range []string{"s@0", "s@1", "s@2", "$$s@0", "s@3", "$$s@1"} {
				if !strings.Contains(in, event) {
					t.Fatalf("%s is not in $all: %s", event, in)
				}
			}
			c.AddSystemEntries(1)
			c.Scavenge()
			if in := w.read(all); strings.Contains(in, " s@0") || strings.Contains(in, "$$s@0") || !strings.Contains(in, "s@3") {
				t.Fatalf("after a scavenge: %s", in)
			}
			w.says("read after a scavenge", "s@3", w.read(streamOf("s")))
		})
	}
}

func TestTombstone(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	w.append("s", none, proposals(2)...)
	vendor, ctx := connect(t, c.Connection())
	if _, err := vendor.TombstoneStream(ctx, "s", client.TombstoneStreamOptions{}); err != nil {
		t.Fatal(err)
	}
	const deleted = "9 stream-deleted: Event stream 's' is deleted."
	w.says("read", deleted, w.read(streamOf("s")))
	refused := w.append("s", 1, proposals(1)...)
	w.says("append", deleted, refused.said)
	w.says("its trailer", "s", refused.trailer.Get("stream-name")[0])
	if in := w.read(all); !strings.HasSuffix(in, "s@0 s@1 s@9223372036854775807") {
		t.Fatalf("$all: %s", in)
	}
	c.AddSystemEntries(1)
	c.Scavenge()
	if in := w.read(all); !strings.HasPrefix(in, "s@9223372036854775807") {
		t.Fatalf("$all after a scavenge: %s", in)
	}
	_, err := vendor.TombstoneStream(ctx, "s", client.TombstoneStreamOptions{})
	isCode(t, err, client.ErrorCodeStreamDeleted)
}

// TestCut reads truncated streams.
func TestCut(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	w.append("three", none, proposals(3)...)
	c.SetMetadata("three", `{"$tb":2}`)
	w.says("truncated", "three@2", w.read(streamOf("three")))
	w.says("truncated, one asked for", "first 2 three@2 last 2", w.read(streamOf("three"), count(1), positions))
	w.says("truncated, backwards", "three@2", w.read(streamOf("three"), backwards))
	w.says("truncated, no stream", "wrong: expected -1, current 2", w.append("three", none, proposals(1)...).said)
	c.SetMetadata("three", `{"$tb":3}`)
	w.says("all truncated", "first 3 last 2", w.read(streamOf("three"), positions))

	w.append("five", none, proposals(5)...)
	c.SetMetadata("five", `{"$maxCount":2}`)
	w.says("counted", "five@3 five@4", w.read(streamOf("five")))
	w.says("counted, append", "5", w.append("five", 4, proposals(1)...).said)
	w.says("counted, more", "five@4 five@5", w.read(streamOf("five")))
	c.SetMetadata("five", `{}`)
	w.says("taken back", "five@0 five@1 five@2 five@3 five@4 five@5", w.read(streamOf("five")))

	w.append("old", none, proposals(1)...)
	c.Advance(time.Minute)
	w.append("old", 0, proposals(1)...)
	c.SetMetadata("old", `{"$maxAge":30}`)
	w.says("aged", "old@1", w.read(streamOf("old")))
	c.Advance(time.Minute)
	w.says("all aged", "", w.read(streamOf("old")))
	w.says("all aged, append", "2", w.append("old", 1, proposals(1)...).said)

	c.SetMetadata("five", `{"$maxCount":2}`)
	c.Scavenge()
	c.SetMetadata("five", `{}`)
	w.says("scavenged", "five@4 five@5", w.read(streamOf("five")))
	w.says("the stream without events", "not found", w.read(streamOf("none")))
}
