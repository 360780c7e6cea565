package esdb_test

import (
	"errors"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/eventstore/storetest"
	"accountledger/internal/await"
)

// lookLife is how long writers rely on one look at the fence here, brief is longer than that plus an append.
const (
	lookLife = time.Second
	brief    = 1300 * time.Millisecond
)

// TestFence runs on the real server if there is one; others use it, so each test has its own ledger there.
func TestFence(t *testing.T) {
	t.Parallel()
	server := connection(t)
	storetest.RunFence(t, func(t *testing.T) func(*testing.T) eventstore.Store {
		t.Helper()
		opts := esdb.WithLookLife(esdb.Options{Connection: server, Prefix: newPrefix(), FenceWait: brief}, lookLife)
		return func(t *testing.T) eventstore.Store { t.Helper(); return opened(t, opts) }
	})
}

func archived() eventstore.Fence { return eventstore.Fence{Reason: eventstore.FenceArchive} }

func fence(tb testing.TB, s *esdb.Store) {
	tb.Helper()
	if err := s.Fence(context30(tb), archived()); err != nil {
		tb.Fatalf("fence: %v", err)
	}
}

// TestFenceHeedsOthers sets and removes a fence from one handle; another one obeys both.
func TestFenceHeedsOthers(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	operator := open(t, esdb.Options{Connection: c.Connection(), FenceWait: brief})
	writer := open(t, esdb.WithLookLife(esdb.Options{Connection: c.Connection()}, lookLife))
	stream, events := newStream(), newEvents(2)
	add(t, writer, stream, eventstore.NoStream, events[0])
	fence(t, operator)
	if _, err := writer.Append(context30(t), stream, 0, events[1]); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("got %v", err)
	}
	if err := writer.Health(); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("health: %v", err)
	}
	if err := operator.Unfence(context30(t)); err != nil {
		t.Fatal(err)
	}
	await.Until(t, "the writer notices", func() bool { return writer.Health() == nil })
	stands(t, writer, stream, add(t, writer, stream, 0, events[1]), events...)
}

// TestFenceUnseen keeps a writer from looking at the fence: once its last look has expired it appends nothing more,
// whether there is a fence or not.
func TestFenceUnseen(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.WithLookLife(esdb.Options{Connection: c.Connection()}, lookLife))
	stream := newStream()
	add(t, s, stream, eventstore.NoStream, newEvents(1)...)
	release := c.HoldReads(esdb.DefaultPrefix + esdb.FenceStream)
	held := time.Now()
	mark := client.EventData{EventID: uuid.New(), EventType: "accountledger.fence_raised.v1", Data: []byte(`{"reason":"archive"}`)}
	if _, err := bare(t, c.Connection()).AppendToStream(context30(t), esdb.DefaultPrefix+esdb.FenceStream,
		client.AppendToStreamOptions{ExpectedRevision: client.NoStream{}}, mark); err != nil {
		t.Fatal(err)
	}
	var begun time.Time
	for version := int64(0); ; version++ {
		now := time.Now()
		if _, err := s.Append(context30(t), stream, version, newEvents(1)...); err != nil {
			if !errors.Is(err, eventstore.ErrUnavailable) {
				t.Fatalf("got %v", err)
			}
			break
		}
		begun = now
	}
	if late := begun.Sub(held); late > lookLife {
		t.Fatalf("an append went out %s after the last look", late)
	}
	release()
	if _, err := s.Append(context30(t), newStream(), eventstore.NoStream, newEvents(1)...); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("got %v", err)
	}
}

// TestFenceDeposedLeader has a writer that stays with a leader that was deposed without knowing, and says that
// there is no fence. Its append reaches the new leader only after a look there.
func TestFenceDeposedLeader(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	writer := open(t, esdb.Options{Connection: c.Connection(), CallTimeout: short})
	stream, first := newStream(), newEvents(1)
	a := add(t, writer, stream, eventstore.NoStream, first...)
	c.Depose(1)
	operator := open(t, esdb.Options{Connection: c.Connection(), FenceWait: brief})
	fence(t, operator)
	if f, err := writer.Fenced(context30(t)); err != nil || !f.IsZero() {
		t.Fatalf("the deposed leader returned %+v, %v", f, err)
	}
	// The deposed leader took it and did not answer, so nobody knows; it is not in the log.
	_, err := writer.Append(context30(t), stream, 0, newEvents(1)...)
	if !errors.Is(err, eventstore.ErrUnknownOutcome) {
		t.Fatalf("got %v", err)
	}
	if _, err = writer.Append(context30(t), stream, 0, newEvents(1)...); !errors.Is(err, eventstore.ErrFenced) {
		t.Fatalf("got %v", err)
	}
	stands(t, operator, stream, a, first...)
}

// TestFenceOfANewerProgram stops the ledger: it may say that the log has moved.
func TestFenceOfANewerProgram(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	mark := client.EventData{EventID: uuid.New(), EventType: "accountledger.fence_raised.v2", Data: []byte(`{}`)}
	if _, err := bare(t, c.Connection()).AppendToStream(context30(t), esdb.DefaultPrefix+esdb.FenceStream, client.AppendToStreamOptions{}, mark); err != nil {
		t.Fatal(err)
	}
	s := open(t, esdb.Options{Connection: c.Connection()})
	_, err := s.Append(context30(t), newStream(), eventstore.NoStream, newEvents(1)...)
	var corrupt *eventstore.CorruptError
	if !errors.As(err, &corrupt) {
		t.Fatalf("got %v", err)
	}
}

// TestFenceHidden hides the fence's stream from everyone.
func TestFenceHidden(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection(), FenceWait: time.Millisecond})
	from := head(t, s)
	fence(t, s)
	if err := s.Unfence(context30(t)); err != nil {
		t.Fatal(err)
	}
	page, err := s.ReadAll(context30(t), from.Position, 100)
	if err != nil || len(page.Events) > 0 || page.Checkpoint != head(t, s) || page.Checkpoint == from {
		t.Fatalf("page %+v, %v", page, err)
	}
	event := newEvents(1)[0]
	if _, err = s.Append(context30(t), esdb.FenceStream, 1, event); !errors.Is(err, eventstore.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	for _, err := range s.ReadStream(context30(t), esdb.FenceStream, eventstore.Forwards, 0) {
		if !errors.Is(err, eventstore.ErrInvalid) {
			t.Fatalf("got %v", err)
		}
	}
	add(t, s, newStream(), eventstore.NoStream, event)
	sub := subscribe(t, s, from)
	got, _ := next(t, sub, 1)
	sameIDs(t, got, event)
}

// TestFenceClosed closes the store while it waits.
func TestFenceClosed(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection(), FenceWait: patience})
	result := make(chan error, 1)
	go func() { result <- s.Fence(context30(t), archived()) }()
	other := open(t, esdb.Options{Connection: c.Connection()})
	await.Until(t, "the mark", func() bool {
		f, err := other.Fenced(context30(t))
		return err == nil && !f.IsZero()
	})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, eventstore.ErrClosed) {
		t.Fatalf("got %v", err)
	}
}
