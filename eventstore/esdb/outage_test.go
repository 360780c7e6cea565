package esdb_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

const (
	// callTime is the time of a call in tests of a node that does not answer, silence how long until such a node is given up.
	callTime = 2 * time.Second
	silence  = 500 * time.Millisecond
	// atOnce bounds answers that take no network: however busy the machine, nobody waits out a call.
	atOnce = callTime
	// soon bounds recovery: two seconds between attempts, plus the time of a busy machine.
	soon = 15 * time.Second
)

// outages are ways for a node to stop answering while its connections stay.
func outages() map[string]func(*testing.T, *esdbtest.Node) (end func()) {
	return map[string]func(*testing.T, *esdbtest.Node) func(){
		"frozen": func(_ *testing.T, n *esdbtest.Node) func() { n.Freeze(); return n.Thaw },
		"blackholed": func(t *testing.T, n *esdbtest.Node) func() {
			t.Helper()
			if err := n.Network().Blackhole(); err != nil {
				t.Fatal(err)
			}
			return n.Network().Flow
		},
		"half-open": func(_ *testing.T, n *esdbtest.Node) func() { n.Network().LoseAnswers(); return n.Network().Flow },
		"half-open the other way": func(_ *testing.T, n *esdbtest.Node) func() {
			n.Network().LoseRequests()
			return n.Network().Flow
		},
	}
}

// TestNodeSilent: a caller gets an answer within the time of a call, later callers at once, and when the node is back
// everything resumes by itself, including subscriptions.
func TestNodeSilent(t *testing.T) {
	t.Parallel()
	for name, outage := range outages() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{Proxied: true})
			s := open(t, esdb.WithSilence(esdb.Options{Connection: c.Connection(), CallTimeout: callTime}, silence))
			stream, events := newStream(), newEvents(3)
			sub := subscribe(t, s, head(t, s))
			add(t, s, stream, eventstore.NoStream, events[0])
			next(t, sub, 1)
			end := outage(t, c.Node(0))

			appended, read := make(chan error, 1), make(chan error, 1)
			begun := time.Now()
			go func() { _, err := s.Append(context30(t), stream, 0, events[1]); appended <- err }()
			go func() { read <- firstError(s, stream) }()
			if err := <-appended; !errors.Is(err, eventstore.ErrUnknownOutcome) && !errors.Is(err, eventstore.ErrUnavailable) {
				t.Errorf("the append: %v", err)
			}
			if err := <-read; !errors.Is(err, eventstore.ErrUnavailable) {
				t.Errorf("the read: %v", err)
			}
			if took := time.Since(begun); took > callTime+atOnce {
				t.Errorf("it took %s", took)
			}

			begun = time.Now()
			_, err := s.Append(context30(t), newStream(), eventstore.NoStream, newEvents(1)...)
			outage := outageOf(t, err)
			outageOf(t, firstError(s, stream))
			health := outageOf(t, s.Health())
			if took := time.Since(begun); took > atOnce {
				t.Errorf("calls took %s while it was known", took)
			}
			if outage.Since.After(begun.Add(-callTime/2)) || health.Since != outage.Since {
				t.Errorf("since %s and %s, at %s", outage.Since, health.Since, begun)
			}

			end()
			begun = time.Now()
			await.Until(t, "the node is found again", func() bool { return s.Health() == nil })
			all := readBack(t, s, stream) // the append may have been carried out late
			a := add(t, s, stream, int64(len(all))-1, events[2])
			next(t, sub, int(a.Version))
			if took := time.Since(begun); took > soon {
				t.Errorf("it took %s to resume", took)
			}
		})
	}
}

func firstError(s *esdb.Store, stream string) error {
	for _, err := range s.ReadStream(context.Background(), stream, eventstore.Forwards, eventstore.Start) {
		if err != nil {
			return err
		}
	}
	return nil
}

func outageOf(t *testing.T, err error) *eventstore.OutageError {
	t.Helper()
	var outage *eventstore.OutageError
	if !errors.As(err, &outage) || !errors.Is(err, eventstore.ErrUnavailable) || !strings.Contains(err.Error(), outage.Since.UTC().Format(time.RFC3339)) {
		t.Fatalf("got %v", err)
	}
	return outage
}

// TestCallersLeave: the work of callers that left a silent node ends with them.
func TestCallersLeave(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream := newStream()
	add(t, s, stream, eventstore.NoStream, newEvents(1)...)
	c.Node(0).Freeze()
	defer c.Node(0).Thaw()
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	begun := time.Now()
	_, appending := s.Append(ctx, stream, 0, newEvents(1)...)
	_, reading := s.Head(ctx)
	if !errors.Is(appending, eventstore.ErrUnknownOutcome) || !errors.Is(reading, context.DeadlineExceeded) {
		t.Errorf("got %v and %v", appending, reading)
	}
	if took := time.Since(begun); took > atOnce {
		t.Errorf("it took %s", took)
	}
}

// TestLeaderFrozen: calls that wait for a frozen leader are answered by its successor.
func TestLeaderFrozen(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	s := open(t, esdb.WithSilence(esdb.Options{Connection: c.Connection()}, silence))
	stream, events := newStream(), newEvents(2)
	sub := subscribe(t, s, eventstore.Checkpoint{})
	add(t, s, stream, eventstore.NoStream, events[0])
	c.Node(0).Freeze()
	defer c.Node(0).Thaw()
	c.Elect(1)
	stands(t, s, stream, add(t, s, stream, 0, events[1]), events...)
	got, _ := next(t, sub, 2)
	sameIDs(t, got, events...)
}

// TestCloseWhileFrozen ends a store whose append waits for a frozen node.
func TestCloseWhileFrozen(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.WithSilence(esdb.Options{Connection: c.Connection(), CallTimeout: patience}, silence))
	stream := newStream()
	add(t, s, stream, eventstore.NoStream, newEvents(1)...)
	c.FailAppends(esdbtest.Delay)
	result := make(chan error, 1)
	go func() {
		_, err := s.Append(context30(t), stream, 0, newEvents(1)...)
		result <- err
	}()
	await.Until(t, "the append has arrived", func() bool { return c.Delayed() == 1 })
	c.Node(0).Freeze()
	defer c.Node(0).Thaw()
	begun := time.Now()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-result; !errors.Is(err, eventstore.ErrUnknownOutcome) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > silence+soon {
		t.Errorf("it took %s", took)
	}
}
