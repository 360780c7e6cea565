package esdb_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/eventstore/storetest"
	"accountledger/internal/await"
)

func TestInOrder(t *testing.T) {
	t.Parallel()
	opts := esdb.Options{Connection: connection(t), Prefix: newPrefix()}
	storetest.RunInOrder(t, func(t *testing.T) eventstore.Store { t.Helper(); return opened(t, opts) })
}

func TestInOrderOdd(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{
		Nodes: 3, SystemEvery: 1, Transactions: true, TLS: true, User: "ledger", Password: "secret",
	})
	opts := esdb.Options{Connection: c.Connection("nodePreference=follower")}
	storetest.RunInOrder(t, func(t *testing.T) eventstore.Store { t.Helper(); return opened(t, opts) })
}

// patient is the time of a call in tests that stall some calls; a busy machine must not look like a stall.
const patient = time.Second

// identified opens a store whose log has its id: creating it takes an append.
func identified(tb testing.TB, opts esdb.Options) *esdb.Store {
	tb.Helper()
	s := open(tb, opts)
	if _, err := s.LogID(context30(tb)); err != nil {
		tb.Fatal(err)
	}
	return s
}

// oneEach creates batches of one event, each for its own stream.
func oneEach(n int) []eventstore.Batch {
	all := make([]eventstore.Batch, n)
	for i := range all {
		all[i] = eventstore.Batch{Stream: newStream(), Expected: eventstore.NoStream, Events: newEvents(1)}
	}
	return all
}

// TestInOrderFaults makes the third of ten appends fail: those before it are done, what the server wrote is reported,
// and when sent again all are where they were.
func TestInOrderFaults(t *testing.T) {
	t.Parallel()
	const failing = 3
	for name, test := range map[string]struct {
		fault esdbtest.AppendFault
		want  error // nil: nothing is wrong
		tail  bool  // later ones are written
	}{
		"request lost":    {esdbtest.LoseRequest, eventstore.ErrUnknownOutcome, false},
		"reply lost":      {esdbtest.LoseReply, eventstore.ErrUnknownOutcome, false},
		"request stalled": {esdbtest.StallRequest, eventstore.ErrUnknownOutcome, false},
		"reply stalled":   {esdbtest.StallReply, eventstore.ErrUnknownOutcome, true},
		"timed out":       {esdbtest.TimeOut, eventstore.ErrUnknownOutcome, true},
		"no position":     {esdbtest.NoPosition, eventstore.ErrUnknownOutcome, true},
		"too busy":        {esdbtest.TooBusy, eventstore.ErrUnavailable, true},
		"wrong version":   {esdbtest.WrongVersion, nil, true},
		"overtaken":       {esdbtest.Overtake, eventstore.ErrOutOfOrder, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{})
			s := identified(t, esdb.Options{Connection: c.Connection(), CallTimeout: patient})
			batches := oneEach(10)
			c.FailAppends(0, 0, 0, test.fault)
			done, err := s.AppendInOrder(context30(t), batches...)
			inLog := ids(t, s)
			switch {
			case test.want == nil:
				if err != nil || len(done) != len(batches) {
					t.Fatalf("%d done, %v", len(done), err)
				}
			case !errors.Is(err, test.want):
				t.Fatalf("got %v", err)
			case test.fault == esdbtest.Overtake:
				if len(done) != failing || inLog[failing] != batches[failing+1].Events[0].ID {
					t.Fatalf("%d done", len(done))
				}
				return
			case len(done) > failing, test.tail && len(done) < failing:
				t.Fatalf("%d done", len(done)) // a connection that breaks takes answers with it
			}
			if !test.tail && len(inLog) > failing+1 {
				t.Fatalf("%d are in the log after a break", len(inLog))
			}
			if test.fault == esdbtest.TooBusy {
				return // the rest was written without it
			}
			again, err := s.AppendInOrder(context30(t), batches...)
			if err != nil || !slices.Equal(again[:len(done)], done) {
				t.Fatalf("sent again: %v", err)
			}
			sameOrder(t, ids(t, s), batches)
		})
	}
}

// ids returns the ids of the log's events, in order.
func ids(tb testing.TB, s *esdb.Store) (all []uuid.UUID) {
	tb.Helper()
	for page, err := range eventstore.Pages(context30(tb), s, eventstore.Position{}, 1000) {
		if err != nil {
			tb.Fatal(err)
		}
		for i := range page.Events {
			all = append(all, page.Events[i].ID)
		}
	}
	return all
}

func sameOrder(tb testing.TB, got []uuid.UUID, batches []eventstore.Batch) {
	tb.Helper()
	var want []uuid.UUID
	for _, b := range batches {
		for _, e := range b.Events {
			want = append(want, e.ID)
		}
	}
	if !slices.Equal(got, want) {
		tb.Fatalf("%d events in the log, %d were sent, or they are in another order", len(got), len(want))
	}
}

// TestInOrderLeaderChanges elects another leader, and the next call finds it.
func TestInOrderLeaderChanges(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	s := open(t, esdb.Options{Connection: c.Connection(), CallTimeout: patient})
	batches := oneEach(30)
	if done, err := s.AppendInOrder(context30(t), batches[:10]...); err != nil || len(done) != 10 {
		t.Fatalf("%d done, %v", len(done), err)
	}
	c.Elect(1)
	done, err := s.AppendInOrder(context30(t), batches[10:20]...)
	if !errors.Is(err, eventstore.ErrUnknownOutcome) || len(done) != 0 {
		t.Fatalf("%d done by a node that is not the leader: %v", len(done), err)
	}
	await.Until(t, "the new leader is found", func() bool {
		done, err = s.AppendInOrder(context30(t), batches[10:20]...)
		return err == nil
	})
	c.Depose(2)
	done, err = s.AppendInOrder(context30(t), batches[20:]...)
	if !errors.Is(err, eventstore.ErrUnknownOutcome) || len(done) != 0 {
		t.Fatalf("%d done by a deposed leader: %v", len(done), err)
	}
	await.Until(t, "the new leader is found", func() bool {
		done, err = s.AppendInOrder(context30(t), batches[20:]...)
		return err == nil
	})
	sameOrder(t, ids(t, s), batches)
}

// TestInOrderBounded has a server that is slow to begin: only a bounded amount is sent to it.
func TestInOrderBounded(t *testing.T) {
	t.Parallel()
	const most = 512
	c := esdbtest.Start(t, esdbtest.Options{})
	s := identified(t, esdb.Options{Connection: c.Connection()})
	c.FailAppends(esdbtest.Delay)
	batches := oneEach(3 * most)
	result := make(chan error, 1)
	go func() {
		_, err := s.AppendInOrder(context30(t), batches...)
		result <- err
	}()
	await.Until(t, "the window is full", func() bool { return c.Queued() >= most-1 && c.Delayed() == 1 })
	c.Release()
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if n := c.Queued(); n > most {
		t.Fatalf("%d waited", n)
	}
	sameOrder(t, ids(t, s), batches)
}

func TestInOrderHeedsTheFence(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection(), FenceWait: 1})
	if err := s.Fence(context30(t), eventstore.Fence{Reason: eventstore.FenceArchive}); err != nil {
		t.Fatal(err)
	}
	if done, err := s.AppendInOrder(context30(t), oneEach(3)...); !errors.Is(err, eventstore.ErrFenced) || len(done) != 0 {
		t.Fatalf("%d done, %v", len(done), err)
	}
	reserved := oneEach(2)
	reserved[1].Stream = esdb.FenceStream
	if done, err := s.AppendInOrder(context30(t), reserved...); !errors.Is(err, eventstore.ErrInvalid) || len(done) != 0 {
		t.Fatalf("%d done, %v", len(done), err)
	}
}

// TestInOrderDeletedStream names a permanently deleted stream.
func TestInOrderDeletedStream(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	batches := oneEach(3)
	c.DeleteStream(esdb.DefaultPrefix + batches[1].Stream)
	done, err := s.AppendInOrder(context30(t), batches...)
	var corrupt *eventstore.CorruptError
	if !errors.As(err, &corrupt) || len(done) != 1 {
		t.Fatalf("%d done, %v", len(done), err)
	}
}

// TestInOrderRefusals has the server refuse what the ledger's own limits allow. Nothing is written after what is too large.
func TestInOrderRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(*esdbtest.Cluster, []eventstore.Batch)
		large   bool
	}{
		"append too large": {func(c *esdbtest.Cluster, _ []eventstore.Batch) { c.SetLimits(70_000, 0) }, true},
		"event too large":  {func(c *esdbtest.Cluster, _ []eventstore.Batch) { c.SetLimits(0, 70_000) }, true},
		"no right": {func(c *esdbtest.Cluster, b []eventstore.Batch) {
			c.SetMetadata(esdb.DefaultPrefix+b[1].Stream, `{"$acl":{"$w":["$admins"]}}`)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{TLS: true, User: "ledger", Password: "secret"})
			c.SetUser(esdbtest.User{Name: "someone", Password: "secret"})
			admin := identified(t, esdb.Options{Connection: c.Connection()})
			s := open(t, esdb.Options{Connection: c.ConnectionAs("someone", "secret")})
			batches := oneEach(3)
			batches[1].Events[0].Data = make([]byte, 80_000)
			test.prepare(c, batches)
			done, err := s.AppendInOrder(context30(t), batches...)
			var limit *eventstore.LimitError
			if !errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrUnknownOutcome) || errors.As(err, &limit) != test.large || len(done) != 1 {
				t.Fatalf("%d done, %v", len(done), err)
			}
			if test.large {
				sameOrder(t, ids(t, admin), batches[:1])
			}
		})
	}
}
