package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/replay/transfer"
)

// callTimeout is short: stalled calls are given up after it.
const callTimeout = 500 * time.Millisecond

// randomHistory appends n events to random streams, in runs of random lengths and with data of random sizes.
func randomHistory(t *testing.T, r *rand.Rand, log eventstore.Store, n int) {
	t.Helper()
	versions, streams := map[string]int64{}, 1+r.IntN(40)
	for n > 0 {
		run := min(n, 1+r.IntN(3)*r.IntN(4))
		events := make([]eventstore.Event, run)
		for i := range events {
			events[i] = eventstore.Event{ID: uuid.New(), Type: "thing.happened.v1", Data: make([]byte, r.IntN(200)), Metadata: []byte(`{"format":1}`)}
			if r.IntN(200) == 0 {
				events[i].Data = make([]byte, 100_000) // a few reach the limit on bytes sent at once
			}
		}
		appendTo(t, log, versions, fmt.Sprintf("account-%d", r.IntN(streams)), events...)
		n -= run
	}
}

// elect makes a node with everything the leader, and the others follow it.
func elect(c *esdbtest.Cluster, number int) {
	for i := range 3 {
		c.Node(i).CatchUp()
	}
	c.Elect(number)
}

// trouble breaks connections, changes leaders and interrupts the copy until it is told to end, each time after the
// server has taken some more appends.
func trouble(ctx context.Context, r *rand.Rand, c *esdbtest.Cluster, interrupt func()) {
	for ctx.Err() == nil {
		for until := c.Appends() + uint64(1+r.IntN(300)); c.Appends() < until; {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Millisecond):
			}
		}
		switch r.IntN(5) {
		case 0:
			c.DropConnections()
		case 1:
			elect(c, r.IntN(3))
		case 2:
			c.Depose((c.Leader() + 1) % 3)
		default:
			interrupt()
		}
	}
}

// A copy to a cluster with every kind of trouble holds the same history in the same order.
func TestCopyOntoAClusterInTrouble(t *testing.T) {
	t.Parallel()
	passing := []esdbtest.AppendFault{
		esdbtest.LoseRequest, esdbtest.LoseReply, esdbtest.StallRequest, esdbtest.StallReply, esdbtest.LateRequest, esdbtest.TimeOut,
		esdbtest.NoPosition, esdbtest.WrongVersion,
	}
	for seed := range uint64(8) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			r := rand.New(rand.NewPCG(seed, 1))
			from := newLog(t)
			randomHistory(t, r, from, 1500)
			c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
			faults := make([]esdbtest.AppendFault, 2000)
			for range 5 {
				faults[r.IntN(len(faults))] = passing[r.IntN(len(passing))]
			}
			c.FailAppends(faults...)

			var mu sync.Mutex
			interrupt := func() {}
			ctx, end := context.WithTimeout(t.Context(), time.Minute)
			defer end()
			var group sync.WaitGroup
			group.Go(func() {
				trouble(ctx, rand.New(rand.NewPCG(seed, 2)), c, func() {
					mu.Lock()
					defer mu.Unlock()
					interrupt()
				})
			})
			defer group.Wait()
			defer end()
			for { // each turn is another process
				to, err := esdb.Open(esdb.Options{Connection: c.Connection(), CallTimeout: callTimeout})
				ok(t, err)
				turn, cancel := context.WithCancel(ctx)
				mu.Lock()
				interrupt = cancel
				mu.Unlock()
				d, err := transfer.Copy(turn, from, to, nil)
				cancel()
				if err == nil {
					end()
					group.Wait()
					elect(c, 0) // one that was deposed without knowing shows less
					if d != sum(t, to) || d != sum(t, from) {
						t.Error("the copy is another history")
					}
				}
				ok(t, to.Close())
				switch {
				case err == nil:
					return
				case errors.Is(err, context.Canceled), errors.Is(err, eventstore.ErrUnavailable), errors.Is(err, eventstore.ErrUnknownOutcome):
				default:
					t.Fatal(err)
				}
			}
		})
	}
}

// A server that writes an append before one that was sent earlier, or leaves one out, is detected immediately and
// when the copy is run again.
func TestCopyRefusesWrongOrder(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]esdbtest.AppendFault{"overtaken": esdbtest.Overtake, "left out": esdbtest.TooBusy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from := newLog(t)
			history(t, from, 300)
			c := esdbtest.Start(t, esdbtest.Options{})
			to, err := esdb.Open(esdb.Options{Connection: c.Connection(), CallTimeout: callTimeout})
			ok(t, err)
			defer func() { ok(t, to.Close()) }()
			c.FailAppends(0, 0, 0, 0, 0, fault)
			_, err = transfer.Copy(t.Context(), from, to, nil)
			want(t, err, eventstore.ErrOutOfOrder)
			var order *transfer.OrderError
			if !errors.As(err, &order) || order.Event != int64(eventAt(t, from, to)) {
				t.Errorf("%v", err)
			}
			var different *transfer.DifferentError
			if _, err = transfer.Copy(t.Context(), from, to, nil); !errors.As(err, &different) || different.Event != int64(eventAt(t, from, to)) {
				t.Errorf("again: %v", err)
			}
		})
	}
}

// eventAt is the number of the first event that differs in the target, counted from 1.
func eventAt(t *testing.T, from, to eventstore.Store) int {
	t.Helper()
	here, there := all(t, from), all(t, to)
	for i := range there {
		if here[i].ID != there[i].ID {
			return i + 1
		}
	}
	t.Fatal("the target holds a beginning of the source")
	return 0
}
