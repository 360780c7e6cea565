package storetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"golang.org/x/sync/errgroup"

	"accountledger/eventstore"
)

// RunInOrder is the suite for an engine that is an eventstore.Sequencer. open is as for Run.
func RunInOrder(t *testing.T, open func(t *testing.T) eventstore.Store) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, *fixture, eventstore.Sequencer)
	}{
		{"KeepsTheOrder", inOrderKeeps},
		{"Repeat", inOrderAgain},
		{"SaysHowFarItCame", inOrderSays},
		{"RefusesInvalid", inOrderInvalid},
		{"Context", inOrderContext},
		{"Close", inOrderClosed},
	} {
		t.Run("InOrder/"+c.name, func(t *testing.T) {
			t.Helper()
			f := start(t, open)
			s, ok := f.Store.(eventstore.Sequencer)
			if !ok {
				t.Fatal("the store is not a Sequencer")
			}
			c.run(t, f, s)
		})
	}
}

// weaving creates batches that alternate between several streams.
type weaving struct {
	streams []string
	next    map[string]int64
	order   []eventstore.Recorded // expected
}

func newWeaving(streams int) *weaving {
	w := &weaving{streams: newStreams(streams), next: map[string]int64{}}
	for _, s := range w.streams {
		w.next[s] = eventstore.NoStream
	}
	return w
}

func (w *weaving) batches(n, step int) []eventstore.Batch {
	all := make([]eventstore.Batch, 0, n)
	for i := range n {
		stream := w.streams[(i*7+step)%len(w.streams)]
		b := eventstore.Batch{Stream: stream, Expected: w.next[stream], Events: newEvents(1 + i%3)}
		for j, e := range b.Events {
			w.order = append(w.order, eventstore.Recorded{Event: e, Stream: stream, Version: b.Expected + 1 + int64(j)})
		}
		w.next[stream] += int64(len(b.Events))
		all = append(all, b)
	}
	return all
}

// placed checks that the answers are the places of the batches' last events, in ascending order.
func placed(log []eventstore.Recorded, done []eventstore.Appended, batches []eventstore.Batch) error {
	if len(done) != len(batches) {
		return fmt.Errorf("%d of %d batches are done", len(done), len(batches))
	}
	for i, b := range batches {
		last := b.Events[len(b.Events)-1]
		at := slices.IndexFunc(log, func(e eventstore.Recorded) bool { return e.ID == last.ID })
		if at < 0 || log[at].Position != done[i].Position || log[at].Version != done[i].Version {
			return fmt.Errorf("batch %d should end at version %d, position %s, and does not", i, done[i].Version, done[i].Position)
		}
		if i > 0 && done[i].Position.Compare(done[i-1].Position) <= 0 {
			return fmt.Errorf("batch %d is before its predecessor", i)
		}
	}
	return nil
}

// inOrderKeeps has several concurrent callers: each one's batches keep their order.
func inOrderKeeps(t *testing.T, f *fixture, s eventstore.Sequencer) {
	const callers, rounds, each = 3, 10, 40
	before := f.head(t)
	woven := make([]*weaving, callers)
	var g errgroup.Group
	for c := range callers {
		woven[c] = newWeaving(each / 4)
		g.Go(func() error {
			for round := range rounds {
				batches := woven[c].batches(each, round)
				if done, err := s.AppendInOrder(f.ctx, batches...); err != nil || len(done) != each {
					return fmt.Errorf("%d done: %w", len(done), err)
				}
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		t.Fatal(err)
	}
	for _, w := range woven {
		sameLog(t, w.order, f.all(t, before.Position, 1000, oneOf(w.streams)))
	}
}

// inOrderAgain sends batches again, followed by new ones.
func inOrderAgain(t *testing.T, f *fixture, s eventstore.Sequencer) {
	before, w := f.head(t), newWeaving(9)
	batches := w.batches(50, 0)
	first, err := s.AppendInOrder(f.ctx, batches...)
	if err != nil {
		t.Fatal(err)
	}
	batches = append(batches, w.batches(20, 5)...)
	second, err := s.AppendInOrder(f.ctx, batches...)
	if err != nil {
		t.Fatal(err)
	}
	if len(second) != len(batches) || !slices.Equal(first, second[:len(first)]) {
		t.Fatal("the repeats were answered differently")
	}
	log := f.all(t, before.Position, 1000, oneOf(w.streams))
	sameLog(t, w.order, log)
	if err := placed(log, second, batches); err != nil {
		t.Fatal(err)
	}
}

// inOrderSays has a batch in the middle refused.
func inOrderSays(t *testing.T, f *fixture, s eventstore.Sequencer) {
	before, w := f.head(t), newWeaving(5)
	batches := w.batches(20, 0)
	wrong := eventstore.Batch{Stream: newStream(), Expected: 3, Events: newEvents(2)}
	done, err := s.AppendInOrder(f.ctx, append(slices.Clone(batches), wrong)...)
	conflict(t, err, wrong.Stream, 3, eventstore.NoStream)
	log := f.all(t, before.Position, 1000, oneOf(w.streams))
	sameLog(t, w.order, log)
	if err := placed(log, done, batches); err != nil {
		t.Fatal(err)
	}
	after := eventstore.Batch{Stream: newStream(), Expected: eventstore.NoStream, Events: newEvents(1)}
	done, err = s.AppendInOrder(f.ctx, wrong, after)
	conflict(t, err, wrong.Stream, 3, eventstore.NoStream)
	if len(done) != 0 {
		t.Fatalf("%d are done after one that was refused", len(done))
	}
	if done, err = s.AppendInOrder(f.ctx); len(done) != 0 || err != nil {
		t.Fatalf("no batches were answered with %d done, %v", len(done), err)
	}
}

// inOrderInvalid passes an invalid batch: the valid one before it is not appended either.
func inOrderInvalid(t *testing.T, f *fixture, s eventstore.Sequencer) {
	good := eventstore.Batch{Stream: newStream(), Expected: eventstore.NoStream, Events: newEvents(1)}
	done, err := s.AppendInOrder(f.ctx, good, eventstore.Batch{Stream: newStream(), Expected: eventstore.NoStream})
	is(t, err, eventstore.ErrInvalid)
	if len(done) != 0 || len(f.read(t, good.Stream, eventstore.Forwards, eventstore.Start)) != 0 {
		t.Fatal("something was appended")
	}
}

func inOrderContext(t *testing.T, f *fixture, s eventstore.Sequencer) {
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	done, err := s.AppendInOrder(ctx, newWeaving(1).batches(2, 0)...)
	is(t, err, context.Canceled)
	if len(done) != 0 {
		t.Fatalf("%d are done", len(done))
	}
}

func inOrderClosed(t *testing.T, f *fixture, s eventstore.Sequencer) {
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	done, err := s.AppendInOrder(f.ctx, newWeaving(1).batches(2, 0)...)
	is(t, err, eventstore.ErrClosed)
	if len(done) != 0 {
		t.Fatalf("%d are done", len(done))
	}
}
