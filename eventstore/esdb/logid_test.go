package esdb_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"accountledger/eventstore"
	"accountledger/eventstore/esdb"
	"accountledger/eventstore/esdb/esdbtest"
)

// TestLogIDRaced lets many processes create the id of a new log at once.
func TestLogIDRaced(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: 1})
	var group sync.WaitGroup
	ids := make([]uuid.UUID, 16)
	for i := range ids {
		s := open(t, esdb.Options{Connection: c.Connection()})
		group.Add(1)
		go func() {
			defer group.Done()
			id, err := s.LogID(context30(t))
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		}()
	}
	group.Wait()
	for _, id := range ids {
		if id != ids[0] || id == uuid.Nil {
			t.Fatalf("%s and %s", id, ids[0])
		}
	}
	if n := c.Appends(); n != 1 {
		t.Fatalf("%d events in the stream of the log's id", n)
	}
}

// TestFirstAppendsRaced has many append to a new log at once: some find events and an id created a moment before.
func TestFirstAppendsRaced(t *testing.T) {
	t.Parallel()
	s := open(t, esdb.Options{Connection: connection(t), Prefix: newPrefix()})
	var g errgroup.Group
	for range 64 {
		g.Go(func() error {
			_, err := s.Append(context30(t), newStream(), eventstore.NoStream, newEvents(1)...)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestLogIDHidden hides the stream with the id from everyone.
func TestLogIDHidden(t *testing.T) {
	t.Parallel()
	s := open(t, esdb.Options{Connection: esdbtest.Start(t, esdbtest.Options{}).Connection()})
	if _, err := s.LogID(context30(t)); err != nil {
		t.Fatal(err)
	}
	page, err := s.ReadAll(context30(t), eventstore.Position{}, 100)
	if err != nil || len(page.Events) > 0 || page.Checkpoint != head(t, s) {
		t.Fatalf("page %+v, %v", page, err)
	}
	_, err = s.Append(context30(t), esdb.LogStream, eventstore.NoStream, newEvents(1)...)
	if !errors.Is(err, eventstore.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	for _, err := range s.ReadStream(context30(t), esdb.LogStream, eventstore.Forwards, 0) {
		if !errors.Is(err, eventstore.ErrInvalid) {
			t.Fatalf("got %v", err)
		}
	}
}

// TestLogIDRenewed treats checkpoints as foreign once a restored log has been given a new id.
func TestLogIDRenewed(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	before := open(t, esdb.Options{Connection: c.Connection()})
	add(t, before, newStream(), eventstore.NoStream, newEvents(1)...)
	old := head(t, before)

	id := uuid.New()
	_, err := bare(t, c.Connection()).AppendToStream(context30(t), esdb.DefaultPrefix+esdb.LogStream,
		client.AppendToStreamOptions{ExpectedRevision: client.Revision(0)},
		client.EventData{EventID: uuid.New(), EventType: "accountledger.log_created.v1", Data: fmt.Appendf(nil, `{"id":%q}`, id)})
	if err != nil {
		t.Fatal(err)
	}
	after := open(t, esdb.Options{Connection: c.Connection()})
	if got, err := after.LogID(context30(t)); err != nil || got != id {
		t.Fatalf("%s, %v", got, err)
	}
	var foreign *eventstore.ForeignCheckpointError
	if _, err := after.Subscribe(context30(t), old); !errors.As(err, &foreign) {
		t.Fatalf("got %v", err)
	}
}

// bare is the vendor's client.
func bare(tb testing.TB, connection string) *client.Client {
	tb.Helper()
	conf, err := client.ParseConnectionString(connection)
	if err != nil {
		tb.Fatal(err)
	}
	conf.Logger = client.NoopLogging()
	c, err := client.NewClient(conf)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = c.Close() })
	return c
}

// TestNewHistory: the log continues under another id, here and for the next process that opens it.
func TestNewHistory(t *testing.T) {
	t.Parallel()
	o := esdb.Options{Connection: esdbtest.Start(t, esdbtest.Options{}).Connection()}
	s := open(t, o)
	before, err := s.LogID(context30(t))
	if err != nil {
		t.Fatal(err)
	}
	id, err := s.NewHistory(context30(t))
	if err != nil || id == before {
		t.Fatalf("%s after %s: %v", id, before, err)
	}
	for _, one := range []*esdb.Store{s, open(t, o)} {
		if now, err := one.LogID(context30(t)); err != nil || now != id {
			t.Errorf("%s, want %s: %v", now, id, err)
		}
	}
}
