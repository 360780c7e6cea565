package storetest

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// RunFence is the suite for an engine that is an eventstore.Fencer. log returns, for each test, a function that opens one log
// that nobody else uses, repeatedly; each store is closed before the next one is opened.
func RunFence(t *testing.T, log func(t *testing.T) (open func(t *testing.T) eventstore.Store)) {
	t.Helper()
	for _, c := range []struct {
		name string
		run  func(*testing.T, *fenced)
	}{
		{"RefusesAppends", fenceRefuses},
		{"ReadingGoesOn", fenceReads},
		{"SurvivesReopening", fenceSurvives},
		{"AgainAndAnother", fenceAgain},
		{"RefusesInvalid", fenceInvalid},
		{"WritersUnderWay", fenceWriters},
		{"Context", fenceContext},
		{"Close", fenceClosed},
	} {
		t.Run("Fence/"+c.name, func(t *testing.T) {
			t.Helper()
			t.Parallel()
			f := &fenced{open: log(t)}
			f.fixture = start(t, f.open)
			c.run(t, f)
		})
	}
}

// fenced is the only store on a log, and how to reopen it.
type fenced struct {
	*fixture
	open func(t *testing.T) eventstore.Store
}

func (f *fenced) fencer(t *testing.T) eventstore.Fencer {
	t.Helper()
	fencer, ok := f.Store.(eventstore.Fencer)
	if !ok {
		t.Fatal("the store is not a Fencer")
	}
	return fencer
}

// stands checks which fence there is.
func (f *fenced) stands(t *testing.T, want eventstore.Fence) {
	t.Helper()
	if got, err := f.fencer(t).Fenced(f.ctx); err != nil || got != want {
		t.Fatalf("the fence is %+v, want %+v: %v", got, want, err)
	}
}

func (f *fenced) fence(t *testing.T, mark eventstore.Fence) {
	t.Helper()
	if err := f.fencer(t).Fence(f.ctx, mark); err != nil {
		t.Fatalf("fence: %v", err)
	}
}

func (f *fenced) unfence(t *testing.T) {
	t.Helper()
	if err := f.fencer(t).Unfence(f.ctx); err != nil {
		t.Fatalf("unfence: %v", err)
	}
}

// reopen closes the store and opens it again.
func (f *fenced) reopen(t *testing.T) {
	t.Helper()
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	f.fixture = start(t, f.open)
}

// refused checks that a stream takes no event, and no repeat of one.
func (f *fenced) refused(t *testing.T, stream string, expected int64) {
	t.Helper()
	_, err := f.Append(f.ctx, stream, expected, newEvent())
	is(t, err, eventstore.ErrFenced)
	_, err = f.Append(f.ctx, newStream(), eventstore.NoStream, newEvent())
	is(t, err, eventstore.ErrFenced)
}

func moved() eventstore.Fence {
	return eventstore.Fence{Reason: eventstore.FenceMove, Target: uuid.New()}
}

func fenceRefuses(t *testing.T, f *fenced) {
	stream, events := newStream(), newEvents(2)
	f.append(t, stream, eventstore.NoStream, events...)
	f.stands(t, eventstore.Fence{})
	mark := moved()
	f.fence(t, mark)
	f.stands(t, mark)
	f.refused(t, stream, 1)
	same(t, stream, 0, events, f.read(t, stream, eventstore.Forwards, eventstore.Start))
	f.unfence(t)
	f.stands(t, eventstore.Fence{})
	f.unfence(t)
	f.append(t, stream, 1, newEvent())
}

func fenceReads(t *testing.T, f *fenced) {
	stream, events := newStream(), newEvents(3)
	from := f.head(t)
	f.append(t, stream, eventstore.NoStream, events...)
	id, err := f.LogID(f.ctx)
	if err != nil {
		t.Fatal(err)
	}
	f.fence(t, moved())
	same(t, stream, 0, events, f.all(t, from.Position, 100, only(stream)))
	page, err := f.subscribe(t, from).Next(f.ctx, 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Events {
		if e.Stream != stream {
			t.Fatal("the fence shows up as an event")
		}
	}
	f.head(t)
	if again, err := f.LogID(f.ctx); err != nil || again != id {
		t.Fatalf("the log's id: %v", err)
	}
}

func fenceSurvives(t *testing.T, f *fenced) {
	stream := newStream()
	f.append(t, stream, eventstore.NoStream, newEvent())
	mark := eventstore.Fence{Reason: eventstore.FenceArchive}
	f.fence(t, mark)
	f.reopen(t)
	f.refused(t, stream, 0)
	f.stands(t, mark)
	f.unfence(t)
	f.reopen(t)
	f.stands(t, eventstore.Fence{})
	f.append(t, stream, 0, newEvent())
}

func fenceAgain(t *testing.T, f *fenced) {
	mark := moved()
	f.fence(t, mark)
	f.fence(t, mark)
	for _, other := range []eventstore.Fence{moved(), {Reason: eventstore.FenceArchive}} {
		is(t, f.fencer(t).Fence(f.ctx, other), eventstore.ErrFenced)
	}
	f.stands(t, mark)
	f.unfence(t)
	other := moved()
	f.fence(t, other)
	f.stands(t, other)
}

func fenceInvalid(t *testing.T, f *fenced) {
	for _, bad := range []eventstore.Fence{
		{}, {Reason: eventstore.FenceMove}, {Reason: eventstore.FenceArchive, Target: uuid.New()}, {Reason: "holiday", Target: uuid.New()},
	} {
		is(t, f.fencer(t).Fence(f.ctx, bad), eventstore.ErrInvalid)
	}
	f.stands(t, eventstore.Fence{})
	f.append(t, newStream(), eventstore.NoStream, newEvent())
}

// fenceWriters fences a log that is being written: what was acknowledged is there once the fence is set, and nothing is added afterwards.
func fenceWriters(t *testing.T, f *fenced) {
	const writers = 8
	streams, counts := newStreams(writers), make([]int, writers)
	var group, writing sync.WaitGroup
	writing.Add(writers)
	for i := range writers {
		group.Go(func() {
			for n := range 1 << 20 {
				_, err := f.Append(f.ctx, streams[i], int64(n)-1, newEvent())
				if n == 3 {
					writing.Done()
				}
				if err != nil {
					if !errors.Is(err, eventstore.ErrFenced) {
						t.Errorf("append: %v", err)
					}
					counts[i] = n
					return
				}
			}
		})
	}
	writing.Wait()
	f.fence(t, moved())
	there := make([]int, writers)
	for i := range writers {
		there[i] = len(f.read(t, streams[i], eventstore.Forwards, eventstore.Start))
	}
	group.Wait()
	for i := range writers {
		if counts[i] != there[i] {
			t.Errorf("%d events under the fence, %d appends acknowledged", there[i], counts[i])
		}
	}
}

func fenceContext(t *testing.T, f *fenced) {
	ctx, cancel := context.WithCancel(f.ctx)
	cancel()
	is(t, f.fencer(t).Fence(ctx, moved()), context.Canceled)
	is(t, f.fencer(t).Unfence(ctx), context.Canceled)
	_, err := f.fencer(t).Fenced(ctx)
	is(t, err, context.Canceled)
	f.append(t, newStream(), eventstore.NoStream, newEvent())
}

func fenceClosed(t *testing.T, f *fenced) {
	if err := f.Store.Close(); err != nil {
		t.Fatal(err)
	}
	is(t, f.fencer(t).Fence(f.ctx, moved()), eventstore.ErrClosed)
	is(t, f.fencer(t).Unfence(f.ctx), eventstore.ErrClosed)
	_, err := f.fencer(t).Fenced(f.ctx)
	is(t, err, eventstore.ErrClosed)
}
