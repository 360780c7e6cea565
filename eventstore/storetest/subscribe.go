package storetest

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

func subscribeBeginning(t *testing.T, f *fixture) {
	streams := newStreams(2)
	want := f.spread(t, streams, 3)
	s := f.subscribe(t, eventstore.Checkpoint{})
	got, _ := f.next(t, s, 1000, len(want), oneOf(streams))
	sameLog(t, want, got)
}

// subscribeMiddle starts after each event, and from every checkpoint returned.
func subscribeMiddle(t *testing.T, f *fixture) {
	before, streams := f.head(t), newStreams(2)
	want := f.spread(t, streams, 3)
	s := f.subscribe(t, before)
	for done := 0; done < len(want)-1; {
		events, at := f.next(t, s, 2, 1, oneOf(streams))
		done += len(events)
		rest, _ := f.next(t, f.subscribe(t, at), 3, len(want)-done, oneOf(streams))
		sameLog(t, want[done:], rest)
		if done >= len(want)-2 {
			return
		}
	}
}

func subscribeHead(t *testing.T, f *fixture) {
	stream := newStream()
	f.append(t, stream, eventstore.NoStream, newEvents(3)...)
	s := f.subscribe(t, f.head(t))
	later := newEvents(2)
	a := f.append(t, stream, 2, later...)
	got, at := f.next(t, s, 10, 2, only(stream))
	same(t, stream, 3, later, got)
	if got[1].Position != a.Position {
		t.Fatalf("the append returned %s, the subscriber sees %s", a.Position, got[1].Position)
	}
	log, err := f.LogID(f.ctx)
	if err != nil || at.Log != log {
		t.Fatalf("the checkpoint names log %s, not %s: %v", at.Log, log, err)
	}
}

// subscribeWaits has a reader wait for each event before it is appended.
func subscribeWaits(t *testing.T, f *fixture) {
	stream, s := newStream(), f.subscribe(t, f.head(t))
	type result struct {
		events []eventstore.Recorded
		err    error
	}
	results := make(chan result)
	go func() {
		defer close(results)
		for {
			page, err := s.Next(f.ctx, 10)
			if err != nil {
				results <- result{nil, err}
				return
			}
			if own := keep(nil, page, only(stream)); len(own) > 0 {
				results <- result{own, nil}
			}
		}
	}()
	for version := range int64(20) {
		e := newEvent()
		f.append(t, stream, version-1, e)
		r := <-results
		if r.err != nil {
			t.Fatalf("next: %v", r.err)
		}
		same(t, stream, version, []eventstore.Event{e}, r.events)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for r := range results {
		is(t, r.err, eventstore.ErrClosed)
	}
}

// subscribeSlow reads one event at a time while a writer is far ahead.
func subscribeSlow(t *testing.T, f *fixture) {
	const n = 200
	stream, s := newStream(), f.subscribe(t, f.head(t))
	events := newEvents(n)
	var got []eventstore.Recorded
	for at := 0; at < n; at += 10 {
		f.append(t, stream, int64(at)-1, events[at:at+10]...)
		more, _ := f.next(t, s, 1, 1, only(stream))
		got = append(got, more...)
	}
	more, _ := f.next(t, s, 1, n-len(got), only(stream))
	same(t, stream, 0, events, append(got, more...))
}

// subscribeManyWriters reads while many write: nothing is missed, nothing is
// repeated, and the order is that of ReadAll, for everyone.
func subscribeManyWriters(t *testing.T, f *fixture) {
	const writers, each = 16, 20
	before, streams := f.head(t), newStreams(writers)
	early := f.subscribe(t, before)
	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		together(writers, func(i int) {
			for v := range int64(each) {
				if _, err := f.Append(f.ctx, streams[i], 2*v-1, newEvents(2)...); err != nil {
					t.Errorf("append: %v", err)
					return
				}
			}
		})
	}()
	live, _ := f.next(t, early, 50, 2*writers*each, oneOf(streams))
	group.Wait()
	if len(live) != 2*writers*each {
		t.Fatalf("read %d events, %d were appended", len(live), 2*writers*each)
	}
	late, _ := f.next(t, f.subscribe(t, before), 33, len(live), oneOf(streams))
	all := f.all(t, before.Position, 77, oneOf(streams))
	next := make(map[string]int64)
	for i, e := range live {
		if late[i].ID != e.ID || all[i].ID != e.ID || late[i].Position != e.Position || all[i].Position != e.Position {
			t.Fatalf("event %d differs for a later reader", i)
		}
		if e.Version != next[e.Stream] {
			t.Fatalf("version %d of a stream where %d was due", e.Version, next[e.Stream])
		}
		next[e.Stream]++
	}
	for _, stream := range streams {
		inStream := f.read(t, stream, eventstore.Forwards, eventstore.Start)
		inLog := slices.DeleteFunc(slices.Clone(live), func(r eventstore.Recorded) bool { return r.Stream != stream })
		sameLog(t, inStream, inLog)
	}
}

func subscribeForeign(t *testing.T, f *fixture) {
	stream := newStream()
	f.append(t, stream, eventstore.NoStream, newEvents(3)...)
	good := f.head(t)
	otherLog, otherEvent, noLog := good, good, good
	otherLog.Log, otherEvent.Event, noLog.Log = uuid.New(), uuid.New(), uuid.Nil
	for name, c := range map[string]eventstore.Checkpoint{"another log": otherLog, "another event": otherEvent, "no log": noLog} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Subscribe(f.ctx, c)
			var foreign *eventstore.ForeignCheckpointError
			if !errors.As(err, &foreign) {
				t.Fatalf("got %v, want a foreign checkpoint", err)
			}
			if foreign.Checkpoint != c || foreign.Log != good.Log || foreign.Reason == "" {
				t.Fatalf("the error says %+v", *foreign)
			}
		})
	}
	f.subscribe(t, good)
}

// waitForNext starts a Next with nothing to return, and ends it with stop.
func waitForNext(ctx context.Context, t *testing.T, f *fixture, s eventstore.Subscription, stop func()) error {
	t.Helper()
	errs := make(chan error, 1)
	waiting := make(chan struct{})
	go func() {
		close(waiting)
		for {
			if _, err := s.Next(ctx, 10); err != nil {
				errs <- err
				return
			}
		}
	}()
	<-waiting
	stop()
	select {
	case err := <-errs:
		return err
	case <-f.ctx.Done():
		t.Fatal("Next does not end")
		return nil
	}
}

func closeWhileWaiting(t *testing.T, f *fixture) {
	s := f.subscribe(t, f.head(t))
	is(t, waitForNext(f.ctx, t, f, s, func() { _ = s.Close() }), eventstore.ErrClosed)
	_, err := s.Next(f.ctx, 10)
	is(t, err, eventstore.ErrClosed)

	s = f.subscribe(t, f.head(t))
	ctx, cancel := context.WithCancel(f.ctx)
	is(t, waitForNext(ctx, t, f, s, cancel), context.Canceled)
}

func storeClosedWhileWaiting(t *testing.T, f *fixture) {
	s := f.subscribe(t, f.head(t))
	is(t, waitForNext(f.ctx, t, f, s, func() { _ = f.Store.Close() }), eventstore.ErrClosed)
}
