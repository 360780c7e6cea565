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

// short is the time of a call in tests where the server does not answer.
const short = time.Second

// TestLostAnswers appends through every fault: the events are there once, where the append says.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		fault           esdbtest.AppendFault
		settled, resent uint64
	}{
		"request lost":    {esdbtest.LoseRequest, 0, 1},
		"reply lost":      {esdbtest.LoseReply, 1, 0},
		"request stalled": {esdbtest.StallRequest, 0, 1},
		"reply stalled":   {esdbtest.StallReply, 1, 0},
		"timed out":       {esdbtest.TimeOut, 1, 0},
		"too busy":        {esdbtest.TooBusy, 0, 1},
		"no position":     {esdbtest.NoPosition, 0, 0},
		"wrong version":   {esdbtest.WrongVersion, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{})
			s := open(t, esdb.Options{Connection: c.Connection(), CallTimeout: short})
			stream, events := newStream(), newEvents(5)
			add(t, s, stream, eventstore.NoStream, events[:2]...)
			c.FailAppends(test.fault)
			a := add(t, s, stream, 1, events[2:]...)
			stands(t, s, stream, a, events...)
			if stats := s.Stats(); stats.Resolved != test.settled || stats.Resent != test.resent {
				t.Fatalf("%+v, want %d settled and %d sent again", stats, test.settled, test.resent)
			}
			if again := add(t, s, stream, 1, events[2:]...); again != a {
				t.Fatalf("the repeat returned %+v, the append %+v", again, a)
			}
		})
	}
}

// TestLateRequest has the server carry an append out after its client has given up.
func TestLateRequest(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection(), CallTimeout: short})
	stream, events := newStream(), newEvents(2)
	c.FailAppends(esdbtest.LateRequest)
	stands(t, s, stream, add(t, s, stream, eventstore.NoStream, events...), events...)
}

// TestRivalMeanwhile loses the answer to an append that has lost to another in the meantime.
func TestRivalMeanwhile(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection(), CallTimeout: short})
	rival := open(t, esdb.Options{Connection: c.Connection()})
	stream, mine, theirs := newStream(), newEvents(2), newEvents(3)
	c.FailAppends(esdbtest.Delay)
	result := make(chan error, 1)
	go func() {
		_, err := s.Append(context30(t), stream, eventstore.NoStream, mine...)
		result <- err
	}()
	await.Until(t, "the append has arrived", func() bool { return c.Delayed() == 1 })
	a := add(t, rival, stream, eventstore.NoStream, theirs...)
	conflicts(t, <-result, 2)
	stands(t, rival, stream, a, theirs...)
}

// TestUnknownOutcome ends the caller's time while the outcome of the append is unknown.
func TestUnknownOutcome(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream, events := newStream(), newEvents(2)
	if _, err := s.LogID(context30(t)); err != nil {
		t.Fatal(err)
	}
	c.FailAppends(esdbtest.Delay)
	ctx, cancel := context.WithCancel(context30(t))
	result := make(chan error, 1)
	go func() {
		_, err := s.Append(ctx, stream, eventstore.NoStream, events...)
		result <- err
	}()
	await.Until(t, "the append has arrived", func() bool { return c.Delayed() == 1 })
	cancel()
	err := <-result
	if !errors.Is(err, eventstore.ErrUnknownOutcome) || errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	stands(t, s, stream, add(t, s, stream, eventstore.NoStream, events...), events...)
}

// TestServerGone distinguishes what was never sent from what may have happened.
func TestServerGone(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	s := open(t, esdb.Options{Connection: c.Connection("maxDiscoverAttempts=2", "discoveryInterval=1"), CallTimeout: short})
	stream, events := newStream(), newEvents(2)
	c.Node(0).Down()
	_, err := s.Append(context30(t), stream, eventstore.NoStream, events...)
	if !errors.Is(err, eventstore.ErrUnavailable) || errors.Is(err, eventstore.ErrUnknownOutcome) {
		t.Fatalf("got %v", err)
	}
	if health := s.Health(); !errors.Is(health, eventstore.ErrUnavailable) {
		t.Fatalf("health: %v", health)
	}
	c.Node(0).Up()
	await.Until(t, "the node is found again", func() bool { return s.Health() == nil })
	a := add(t, s, stream, eventstore.NoStream, events...)

	c.FailAppends(esdbtest.Delay)
	result := make(chan error, 1)
	go func() {
		_, err := s.Append(context30(t), stream, 1, newEvents(1)...)
		result <- err
	}()
	await.Until(t, "the append has arrived", func() bool { return c.Delayed() == 1 })
	c.Node(0).Down()
	if err := <-result; !errors.Is(err, eventstore.ErrUnknownOutcome) {
		t.Fatalf("got %v", err)
	}
	c.Node(0).Up()
	await.Until(t, "the node is found again", func() bool { return s.Health() == nil })
	all := readBack(t, s, stream)
	if len(all) < 2 || all[1].Position != a.Position {
		t.Fatalf("%d events", len(all))
	}
}

// TestNothingRepeated looks for data of callers and operators in errors.
func TestNothingRepeated(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{TLS: true, User: "ledger", Password: "hunter2"})
	s := open(t, esdb.Options{Connection: c.Connection()})
	stream := newStream()
	add(t, s, stream, eventstore.NoStream, newEvents(1)...)
	c.DeleteStream(esdb.DefaultPrefix + stream)
	_, appending := s.Append(context30(t), stream, 0, newEvents(1)...)
	var reading error
	for _, err := range s.ReadStream(context30(t), stream, eventstore.Forwards, 0) {
		reading = err
	}
	for _, err := range []error{appending, reading} {
		var corrupt *eventstore.CorruptError
		if !errors.As(err, &corrupt) || !strings.Contains(err.Error(), stream) {
			t.Fatalf("got %v", err)
		}
	}
	stranger := esdbtest.Start(t, esdbtest.Options{TLS: true, User: "ledger", Password: "hunter2"})
	for _, connection := range []string{
		strings.Replace(c.Connection("maxDiscoverAttempts=1"), "hunter2", "hunter3", 1),
		// A certificate from another authority.
		strings.Replace(stranger.Connection("maxDiscoverAttempts=1"), stranger.Node(0).Address(), c.Node(0).Address(), 1),
	} {
		wrong := open(t, esdb.Options{Connection: connection})
		_, err := wrong.Append(context30(t), stream, 0, newEvents(1)...)
		if !errors.Is(err, eventstore.ErrUnavailable) || strings.Contains(err.Error(), "hunter") || strings.Contains(err.Error(), stream) {
			t.Fatalf("got %v", err)
		}
	}
}
