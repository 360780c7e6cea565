package storetest

import (
	"errors"
	"slices"
	"testing"

	"accountledger/eventstore"
)

func repeatSamePlace(t *testing.T, f *fixture) {
	stream := newStream()
	first, second := newEvents(3), newEvents(1)
	a := f.append(t, stream, eventstore.NoStream, first...)
	if again := f.append(t, stream, eventstore.NoStream, first...); again != a {
		t.Fatalf("the repeat returned %+v, the append %+v", again, a)
	}
	b := f.append(t, stream, 2, second...)
	if again := f.append(t, stream, 2, second...); again != b {
		t.Fatalf("the repeat returned %+v, the append %+v", again, b)
	}
	same(t, stream, 0, slices.Concat(first, second), f.read(t, stream, eventstore.Forwards, eventstore.Start))
}

func repeatAfterOthers(t *testing.T, f *fixture) {
	stream := newStream()
	var appends [][]eventstore.Event
	var answers []eventstore.Appended
	expected := eventstore.NoStream
	for n := range 6 {
		events := newEvents(1 + n%3)
		a := f.append(t, stream, expected, events...)
		appends, answers, expected = append(appends, events), append(answers, a), a.Version
	}
	for i, events := range appends {
		again := f.append(t, stream, answers[i].Version-int64(len(events)), events...)
		if again != answers[i] {
			t.Fatalf("append %d repeated returned %+v, at first %+v", i, again, answers[i])
		}
	}
	same(t, stream, 0, slices.Concat(appends...), f.read(t, stream, eventstore.Forwards, eventstore.Start))
}

// repeatOfPart appends some of the events again, or mixed with others. (The first few of
// an append are left out: not every engine can tell them from the whole.)
func repeatOfPart(t *testing.T, f *fixture) {
	stream := newStream()
	e := newEvents(4)
	f.append(t, stream, eventstore.NoStream, e[:3]...)
	for name, events := range map[string][]eventstore.Event{
		"the last":         {e[2]},
		"the middle":       {e[1]},
		"without first":    {e[1], e[2]},
		"without middle":   {e[0], e[2]},
		"other order":      {e[1], e[0], e[2]},
		"one more":         {e[0], e[1], e[2], e[3]},
		"one more before":  {e[3], e[0], e[1], e[2]},
		"another instead":  {e[0], e[1], e[3]},
		"another at first": {e[3], e[1], e[2]},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Append(f.ctx, stream, eventstore.NoStream, events...)
			conflict(t, err, stream, eventstore.NoStream, 2)
		})
	}
	same(t, stream, 0, e[:3], f.read(t, stream, eventstore.Forwards, eventstore.Start))
}

// repeatElsewhere appends the same events at another expected version.
func repeatElsewhere(t *testing.T, f *fixture) {
	stream := newStream()
	e := newEvents(3)
	f.append(t, stream, eventstore.NoStream, e[0])
	f.append(t, stream, 0, e[1])
	f.append(t, stream, 1, e[2])
	for _, expected := range []int64{eventstore.NoStream, 1} {
		_, err := f.Append(f.ctx, stream, expected, e[1])
		conflict(t, err, stream, expected, 2)
	}
	_, err := f.Append(f.ctx, stream, 3, e[2])
	conflict(t, err, stream, 3, 2)
	same(t, stream, 0, e, f.read(t, stream, eventstore.Forwards, eventstore.Start))
}

// repeatAtOnce sends one append many times concurrently, with a rival.
func repeatAtOnce(t *testing.T, f *fixture) {
	const copies = 12
	for range 10 {
		stream := newStream()
		ours, rival := newEvents(2), newEvents(2)
		answers, errs := make([]eventstore.Appended, copies), make([]error, copies)
		together(copies, func(i int) {
			events := ours
			if i == copies-1 {
				events = rival
			}
			answers[i], errs[i] = f.Append(f.ctx, stream, eventstore.NoStream, events...)
		})
		stored := f.read(t, stream, eventstore.Forwards, eventstore.Start)
		want := ours
		if len(stored) > 0 && stored[0].ID == rival[0].ID {
			want = rival
		}
		same(t, stream, 0, want, stored)
		for i := range copies {
			if (i == copies-1) == (want[0].ID == rival[0].ID) {
				if errs[i] != nil || answers[i] != (eventstore.Appended{Version: 1, Position: stored[1].Position}) {
					t.Fatalf("copy %d of the winner got %+v, %v", i, answers[i], errs[i])
				}
				continue
			}
			conflict(t, errs[i], stream, eventstore.NoStream, 1)
		}
	}
}

// lostReply loses the reply to an append and then does what a caller does.
func lostReply(t *testing.T, f *fixture, lose func(*testing.T, eventstore.Store)) {
	for _, expected := range []int64{eventstore.NoStream, 1} {
		stream := newStream()
		var before []eventstore.Event
		if expected > eventstore.NoStream {
			before = newEvents(int(expected) + 1)
			f.append(t, stream, eventstore.NoStream, before...)
		}
		events := newEvents(2)
		lose(t, f.Store)
		a, err := f.Append(f.ctx, stream, expected, events...)
		if err != nil && !errors.Is(err, eventstore.ErrUnknownOutcome) {
			t.Fatalf("the append whose reply was lost: %v", err)
		}
		again := f.append(t, stream, expected, events...)
		if err == nil && again != a {
			t.Fatalf("the repeat returned %+v, the append %+v", again, a)
		}
		stored := f.read(t, stream, eventstore.Forwards, eventstore.Start)
		same(t, stream, 0, slices.Concat(before, events), stored)
		if last := stored[len(stored)-1]; last.Position != again.Position || last.Version != again.Version {
			t.Fatalf("the repeat returned %+v, the event is at version %d, position %s", again, last.Version, last.Position)
		}
	}
}
