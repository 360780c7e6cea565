package esdb_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
)

// TestLedgersShareAServer has two ledgers on one server: neither sees the other's streams, log id or fence, and the checkpoints of both move.
func TestLedgersShareAServer(t *testing.T) {
	t.Parallel()
	server := connection(t)
	a := open(t, esdb.Options{Connection: server, Prefix: newPrefix(), FenceWait: time.Millisecond})
	b := open(t, esdb.Options{Connection: server, Prefix: newPrefix()})
	from := head(t, a)
	sub := subscribe(t, a, from)
	stream, mine, theirs := newStream(), newEvents(2), newEvents(3)
	ofB := add(t, b, stream, eventstore.NoStream, theirs...)
	stands(t, a, stream, add(t, a, stream, eventstore.NoStream, mine...), mine...)
	stands(t, b, stream, ofB, theirs...)
	got, _ := next(t, sub, len(mine))
	sameIDs(t, got, mine...)
	if got[0].Stream != stream {
		t.Fatal("the stream has another name")
	}
	var all []eventstore.Recorded
	for at := from.Position; len(all) < len(mine); {
		page, err := a.ReadAll(context30(t), at, 100)
		if err != nil || page.Checkpoint.Position == at {
			t.Fatalf("%d events, %v", len(all), err)
		}
		all, at = append(all, page.Events...), page.Checkpoint.Position
	}
	sameIDs(t, all, mine...)
	idA, errA := a.LogID(context30(t))
	idB, errB := b.LogID(context30(t))
	if err := errors.Join(errA, errB); err != nil || idA == idB {
		t.Fatalf("log ids: %v", err)
	}
	fence(t, a)
	if _, err := a.Append(context30(t), stream, 1, newEvents(1)...); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("got %v", err)
	}
	add(t, b, stream, 2, newEvents(1)...)
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"$ledger/", "a\x00/", "\xff/", strings.Repeat("x", 101) + "/", "ledger", "/", "a b/"} {
		if _, err := esdb.Open(esdb.Options{Connection: "esdb://host", Prefix: bad}); !errors.Is(err, eventstore.ErrInvalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	_ = open(t, esdb.Options{Connection: "esdb://host", Prefix: "ledger-" + uuid.NewString() + "/"})
}
