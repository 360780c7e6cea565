package esdbtest_test

import (
	"fmt"
	"testing"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"

	"accountledger/eventstore/esdb/esdbtest"
)

func filtered(window, multiplier uint32, e *api.ReadReq_Options_FilterOptions_Expression) options {
	return func(o *api.ReadReq_Options) {
		o.FilterOption = &api.ReadReq_Options_Filter{Filter: &api.ReadReq_Options_FilterOptions{
			Filter:                       &api.ReadReq_Options_FilterOptions_StreamIdentifier{StreamIdentifier: e},
			Window:                       &api.ReadReq_Options_FilterOptions_Max{Max: window},
			CheckpointIntervalMultiplier: multiplier,
		}}
	}
}

func prefixed(p ...string) *api.ReadReq_Options_FilterOptions_Expression {
	return &api.ReadReq_Options_FilterOptions_Expression{Prefix: p}
}

func TestFilteredReads(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	w := dial(t, c.Node(0).Address())
	for i := range 3 {
		c.Write("ledger/a", esdbtest.Raw{})
		c.Write("other/b", esdbtest.Raw{Type: fmt.Sprintf("type%d", i)})
	}
	w.says("a prefix", "ledger/a@0 ledger/a@1 ledger/a@2", w.read(all, filtered(32, 1, prefixed("ledger/"))))
	w.says("prefixes", "ledger/a@0 other/b@0 ledger/a@1", w.read(all, filtered(32, 1, prefixed("ledger/", "other/")), count(3)))
	w.says("backwards", "other/b@2 other/b@1", w.read(all, backwards, count(2), filtered(32, 1, prefixed("other/"))))
	regex := &api.ReadReq_Options_FilterOptions_Expression{Regex: "^[^$].*/b"}
	w.says("a regular expression", "other/b@0 other/b@1 other/b@2", w.read(all, filtered(32, 1, regex)))
	types := func(o *api.ReadReq_Options) {
		filtered(32, 1, prefixed("type1"))(o)
		e := o.GetFilter().GetStreamIdentifier()
		o.GetFilter().Filter = &api.ReadReq_Options_FilterOptions_EventType{EventType: e}
	}
	w.says("a type", "other/b@1", w.read(all, types))
	w.says("no interval", "2 : Exception was thrown by handler.", w.read(all, subscribing, filtered(32, 0, prefixed("ledger/"))))
}

// TestFilteredSubscription reports its progress while it catches up, when it has caught up, and after each interval.
func TestFilteredSubscription(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1}) // with 3 of the server's own entries
	w := dial(t, c.Node(0).Address())
	for range 10 {
		c.Write("other", esdbtest.Raw{})
	}
	c.Write("ledger/a", esdbtest.Raw{})
	at := w.positionsOf("other")
	a := w.positionsOf("ledger/a")
	call := w.call(all, subscribing, filtered(4, 2, prefixed("ledger/")))
	// Pages of four events; a checkpoint after each second one, with the place at which the page began.
	steps := func(want ...string) {
		t.Helper()
		for _, s := range want {
			said, _ := w.next(call)
			w.says("the subscription", s, said)
		}
	}
	check := func(p uint64) string { return fmt.Sprintf("checkpoint %d", p) }
	steps("confirmed", check(at[1]), "ledger/a@0", check(a[0]), "caught up")
	for range 20 {
		c.Write("other", esdbtest.Raw{})
	}
	c.Write("ledger/a", esdbtest.Raw{})
	at = w.positionsOf("other")
	steps(check(at[17]), check(at[25]), "ledger/a@1")

	// From the end, and from the last position, there is no checkpoint before it is live.
	last := w.positionsOf("ledger/a")[1]
	for name, how := range map[string]options{"the end": fromEnd, "the last": fromPosition(last)} {
		call := w.call(how, subscribing, filtered(4, 2, prefixed("ledger/")))
		for _, want := range []string{"confirmed", "caught up"} {
			said, _ := w.next(call)
			w.says(name, want, said)
		}
	}
}

// TestVendorsFilter subscribes with the vendor's own client.
func TestVendorsFilter(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{SystemEvery: -1})
	vendor, ctx := connect(t, c.Connection())
	c.Write("other", esdbtest.Raw{})
	c.Write("ledger/a", esdbtest.Raw{})
	sub, err := vendor.SubscribeToAll(ctx, client.SubscribeToAllOptions{
		From: client.Start{}, MaxSearchWindow: 32, CheckpointInterval: 1,
		Filter: &client.SubscriptionFilter{Type: client.StreamFilterType, Prefixes: []string{"ledger/"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sub.Close() }()
	if e := sub.Recv(); e.EventAppeared == nil || e.EventAppeared.Event.StreamID != "ledger/a" {
		t.Fatalf("got %+v", e)
	}
	if e := sub.Recv(); e.CheckPointReached == nil {
		t.Fatalf("got %+v", e)
	}
	if e := sub.Recv(); e.CaughtUp == nil {
		t.Fatalf("got %+v", e)
	}
}
