package esdbtest_test

import (
	"context"
	"errors"
	"testing"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/google/uuid"
	"google.golang.org/grpc/metadata"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/internal/await"
)

func connect(t *testing.T, connection string) (*client.Client, context.Context) {
	t.Helper()
	conf, err := client.ParseConnectionString(connection)
	if err != nil {
		t.Fatal(err)
	}
	conf.Logger = client.NoopLogging()
	c, err := client.NewClient(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	ctx, cancel := context.WithTimeout(context.Background(), await.Patience)
	t.Cleanup(cancel)
	return c, ctx
}

func event() client.EventData {
	return client.EventData{EventID: uuid.New(), EventType: "happened", Data: []byte("{}")}
}

func isCode(t *testing.T, err error, code client.ErrorCode) {
	t.Helper()
	var e *client.Error
	if !errors.As(err, &e) || !e.IsErrorCode(code) {
		t.Fatalf("got %v, want code %d", err, code)
	}
}

// TestVendorsClient talks to the server with the vendor's own client.
func TestVendorsClient(t *testing.T) {
	t.Parallel()
	server := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	c, ctx := connect(t, server.Connection())
	first, second := event(), event()
	none := client.AppendToStreamOptions{ExpectedRevision: client.NoStream{}}
	w, err := c.AppendToStream(ctx, "stream", none, first, second)
	if err != nil || w.NextExpectedVersion != 1 || w.CommitPosition < 100 {
		t.Fatalf("%+v, %v", w, err)
	}
	again, err := c.AppendToStream(ctx, "stream", none, first, second)
	if err != nil || again.NextExpectedVersion != 1 || again.CommitPosition != w.CommitPosition {
		t.Fatalf("a repeat: %+v, %v", again, err)
	}
	_, err = c.AppendToStream(ctx, "stream", none, event())
	isCode(t, err, client.ErrorCodeWrongExpectedVersion)
	if w, err := c.AppendToStream(ctx, "stream", client.AppendToStreamOptions{}, event()); err != nil || w.NextExpectedVersion != 2 {
		t.Fatalf("at any version: %+v, %v", w, err)
	}

	read, err := c.ReadStream(ctx, "stream", client.ReadStreamOptions{Direction: client.Backwards, From: client.End{}}, 2)
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	for _, revision := range []uint64{2, 1} {
		e, err := read.Recv()
		if err != nil || e.Event.EventNumber != revision {
			t.Fatalf("%+v, %v", e, err)
		}
		if revision == 1 && (e.Event.EventID != second.EventID || e.Event.Position.Commit != w.CommitPosition) {
			t.Fatalf("%+v is not what was appended", e.Event)
		}
	}
	missing, err := c.ReadStream(ctx, "missing", client.ReadStreamOptions{}, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer missing.Close()
	_, err = missing.Recv()
	isCode(t, err, client.ErrorCodeResourceNotFound)

	sub, err := c.SubscribeToAll(ctx, client.SubscribeToAllOptions{From: client.Position{Commit: w.CommitPosition, Prepare: w.PreparePosition}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	if e := sub.Recv(); e.EventAppeared == nil || e.EventAppeared.Event.EventNumber != 2 {
		t.Fatalf("a subscription begins after its position, got %+v", e)
	}
	if e := sub.Recv(); e.CaughtUp == nil {
		t.Fatalf("got %+v", e)
	}
}

// TestLeaderRequired refuses a call to a follower only when the header arrives; without it
// a lagging follower answers with what it has.
func TestLeaderRequired(t *testing.T) {
	t.Parallel()
	server := esdbtest.Start(t, esdbtest.Options{Nodes: 2})
	leader, ctx := connect(t, server.ConnectionTo(0))
	add := func() {
		t.Helper()
		if _, err := leader.AppendToStream(ctx, "stream", client.AppendToStreamOptions{}, event()); err != nil {
			t.Fatal(err)
		}
	}
	add()
	server.Node(1).Lag()
	add()
	last := func(ctx context.Context) (uint64, error) {
		follower, _ := connect(t, server.ConnectionTo(1, "nodePreference=follower"))
		read, err := follower.ReadStream(ctx, "stream", client.ReadStreamOptions{Direction: client.Backwards, From: client.End{}, RequiresLeader: true}, 1)
		if err != nil {
			return 0, err
		}
		defer read.Close()
		e, err := read.Recv()
		if err != nil {
			return 0, err
		}
		return e.Event.EventNumber, nil
	}
	if n, err := last(ctx); err != nil || n != 0 {
		t.Fatalf("the client's own option: event %d, %v", n, err)
	}
	_, err := last(metadata.AppendToOutgoingContext(ctx, "requires-leader", "true"))
	isCode(t, err, client.ErrorCodeNotLeader)
	server.Node(1).CatchUp()
	if n, err := last(ctx); err != nil || n != 1 {
		t.Fatalf("caught up: event %d, %v", n, err)
	}
}
