package storetest

import (
	"errors"
	"sync"
	"testing"

	"accountledger/eventstore"
)

func namesActual(t *testing.T, f *fixture) {
	stream := newStream()
	for _, expected := range []int64{0, 1, 1000} {
		_, err := f.Append(f.ctx, stream, expected, newEvent())
		conflict(t, err, stream, expected, eventstore.NoStream)
	}
	f.append(t, stream, eventstore.NoStream, newEvents(3)...)
	for _, expected := range []int64{eventstore.NoStream, 0, 1, 3, 1000} {
		_, err := f.Append(f.ctx, stream, expected, newEvent())
		conflict(t, err, stream, expected, 2)
	}
	f.append(t, stream, 2, newEvent())
}

func conflictAppendsNothing(t *testing.T, f *fixture) {
	stream, before := newStream(), f.head(t)
	first := newEvents(2)
	f.append(t, stream, eventstore.NoStream, first...)
	for _, expected := range []int64{eventstore.NoStream, 0, 2} {
		_, err := f.Append(f.ctx, stream, expected, newEvents(3)...)
		conflict(t, err, stream, expected, 1)
	}
	same(t, stream, 0, first, f.read(t, stream, eventstore.Forwards, eventstore.Start))
	same(t, stream, 0, first, f.all(t, before.Position, 100, only(stream)))
}

// loserSees lets two writers race repeatedly: the loser can immediately read what beat it.
func loserSees(t *testing.T, f *fixture) {
	stream := newStream()
	for version := range int64(30) {
		var lost sync.Map
		together(2, func(int) {
			_, err := f.Append(f.ctx, stream, version-1, newEvent())
			if err == nil {
				return
			}
			var c *eventstore.ConflictError
			if !errors.As(err, &c) || c.Actual != version {
				lost.Store(err.Error(), true)
				return
			}
			last, err := f.last(stream)
			if err != nil || last < c.Actual {
				lost.Store("the loser does not see the version that beat it", true)
			}
		})
		lost.Range(func(what, _ any) bool { t.Error(what); return false })
		if t.Failed() {
			return
		}
	}
}

// last is the version of a stream's last event.
func (f *fixture) last(stream string) (int64, error) {
	for e, err := range f.ReadStream(f.ctx, stream, eventstore.Backwards, eventstore.End) {
		return e.Version, err
	}
	return eventstore.NoStream, nil
}

// oneWinner lets many writers write one stream: each version is won by exactly one append.
func oneWinner(t *testing.T, f *fixture) {
	const writers, each = 16, 8
	stream := newStream()
	var mu sync.Mutex
	won := make(map[int64]eventstore.Event)
	together(writers, func(int) {
		for range each {
			e := newEvent()
			a, err := f.insist(stream, e)
			mu.Lock()
			_, twice := won[a.Version]
			won[a.Version] = e
			mu.Unlock()
			if err != nil || twice {
				t.Errorf("append: version %d, given twice: %t, %v", a.Version, twice, err)
				return
			}
		}
	})
	if t.Failed() {
		return
	}
	want := make([]eventstore.Event, writers*each)
	for version, e := range won {
		want[version] = e
	}
	same(t, stream, 0, want, f.read(t, stream, eventstore.Forwards, eventstore.Start))
}

// insist appends to the end of a stream, whatever its version.
func (f *fixture) insist(stream string, e eventstore.Event) (eventstore.Appended, error) {
	expected := eventstore.NoStream
	for {
		a, err := f.Append(f.ctx, stream, expected, e)
		var c *eventstore.ConflictError
		if !errors.As(err, &c) {
			return a, err
		}
		expected = c.Actual
	}
}

// together runs a function n times concurrently and waits.
func together(n int, run func(i int)) {
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		group.Add(1)
		go func() {
			defer group.Done()
			<-begin
			run(i)
		}()
	}
	close(begin)
	group.Wait()
}
