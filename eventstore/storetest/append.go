package storetest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

func keepsBytes(t *testing.T, f *fixture) {
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	bodies := map[string][]byte{
		"empty":    {},
		"every":    every,
		"not text": {0xff, 0xfe, 0, 0x80},
		"json":     []byte("{ \"b\" : 1.00,\t\"a\":\"\\u0041\" }\n"),
		"large":    bytes.Repeat([]byte("0123456789abcdef"), 8<<10),
	}
	for name, body := range bodies {
		t.Run(name, func(t *testing.T) {
			stream := newStream()
			events := newEvents(3)
			events[0].Data, events[1].Metadata = body, body
			events[2].Data, events[2].Metadata = nil, nil
			f.append(t, stream, eventstore.NoStream, events...)
			same(t, stream, 0, events, f.read(t, stream, eventstore.Forwards, eventstore.Start))
		})
	}
}

func countsVersions(t *testing.T, f *fixture) {
	stream := newStream()
	var want []eventstore.Event
	last := eventstore.Appended{Version: eventstore.NoStream}
	for n := range 5 {
		events := newEvents(n + 1)
		a := f.append(t, stream, last.Version, events...)
		if a.Version != last.Version+int64(len(events)) {
			t.Fatalf("%d events after version %d ended at version %d", len(events), last.Version, a.Version)
		}
		if a.Position.Compare(last.Position) <= 0 {
			t.Fatalf("position %s after %s", a.Position, last.Position)
		}
		last, want = a, append(want, events...)
		got := f.read(t, stream, eventstore.Forwards, eventstore.Start)
		same(t, stream, 0, want, got)
		ascending(t, got)
		if p := got[len(got)-1].Position; p != a.Position {
			t.Fatalf("the append returned position %s, the event is at %s", a.Position, p)
		}
	}
}

func takesNames(t *testing.T, f *fixture) {
	unique := uuid.NewString()
	pad := func(unit string) string {
		n := (eventstore.MaxNameBytes - len(unique)) / len(unit)
		return unique + strings.Repeat(unit, n)
	}
	for _, name := range []string{
		unique, pad("x"), pad("ü"), pad("語"), unique + " \t\n\"'/\\%?*:|<>", unique + "\x01\x7f", unique + "\u2028\U0001F600", "-" + unique, "a$" + unique,
	} {
		e := newEvent()
		e.Type = name
		f.append(t, name, eventstore.NoStream, e)
		same(t, name, 0, []eventstore.Event{e}, f.read(t, name, eventstore.Forwards, eventstore.Start))
	}
	// Names with a common prefix are different streams.
	for _, name := range []string{unique + "\x01", unique + "0", unique + "-0"} {
		if got := f.read(t, name, eventstore.Forwards, eventstore.Start); len(got) != 0 {
			t.Fatalf("%q has %d events of another stream", name, len(got))
		}
	}
}

// filled is an event that has the given size together with its stream's name.
func filled(stream string, size int) eventstore.Event {
	e := newEvent()
	e.Metadata = bytes.Repeat([]byte{0x5a}, 1000)
	e.Data = bytes.Repeat([]byte{0xa5}, size-len(stream)-len(e.Type)-len(e.Metadata))
	return e
}

func takesTheMost(t *testing.T, f *fixture) {
	stream := newStream()
	one := filled(stream, eventstore.MaxAppendBytes)
	f.append(t, stream, eventstore.NoStream, one)
	many := make([]eventstore.Event, 16)
	for i := range many {
		many[i] = filled(stream, eventstore.MaxAppendBytes/len(many))
	}
	f.append(t, stream, 0, many...)
	same(t, stream, 0, append([]eventstore.Event{one}, many...), f.read(t, stream, eventstore.Forwards, eventstore.Start))
}

func refusesTooLarge(t *testing.T, f *fixture) {
	stream := newStream()
	_, err := f.Append(f.ctx, stream, eventstore.NoStream, filled(stream, eventstore.MaxAppendBytes+1))
	is(t, err, eventstore.ErrTooLarge)
	_, err = f.Append(f.ctx, stream, eventstore.NoStream, filled(stream, eventstore.MaxAppendBytes/2), filled(stream, eventstore.MaxAppendBytes/2+1))
	is(t, err, eventstore.ErrTooLarge)
	f.append(t, stream, eventstore.NoStream, newEvent())
}

func refusesInvalid(t *testing.T, f *fixture) {
	stream := newStream()
	with := func(change func(*eventstore.Event)) []eventstore.Event {
		e := newEvents(2)
		change(&e[1])
		return e
	}
	long := strings.Repeat("x", eventstore.MaxNameBytes+1)
	good := newEvents(1)
	for name, c := range map[string]struct {
		stream   string
		expected int64
		events   []eventstore.Event
	}{
		"no events":          {stream, eventstore.NoStream, nil},
		"version below":      {stream, eventstore.NoStream - 1, good},
		"stream empty":       {"", eventstore.NoStream, good},
		"stream too long":    {long, eventstore.NoStream, good},
		"stream with NUL":    {stream + "\x00x", eventstore.NoStream, good},
		"stream not UTF-8":   {stream + "\xff", eventstore.NoStream, good},
		"stream with dollar": {"$" + stream, eventstore.NoStream, good},
		"type empty":         {stream, eventstore.NoStream, with(func(e *eventstore.Event) { e.Type = "" })},
		"type too long":      {stream, eventstore.NoStream, with(func(e *eventstore.Event) { e.Type = long })},
		"type with NUL":      {stream, eventstore.NoStream, with(func(e *eventstore.Event) { e.Type = "a\x00b" })},
		"type not UTF-8":     {stream, eventstore.NoStream, with(func(e *eventstore.Event) { e.Type = "a\xc3" })},
		"type with dollar":   {stream, eventstore.NoStream, with(func(e *eventstore.Event) { e.Type = "$metadata" })},
		"no id":              {stream, eventstore.NoStream, with(func(e *eventstore.Event) { e.ID = uuid.Nil })},
		"one id twice":       {stream, eventstore.NoStream, []eventstore.Event{good[0], good[0]}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := f.Append(f.ctx, c.stream, c.expected, c.events...)
			is(t, err, eventstore.ErrInvalid)
			if c.stream != "" && strings.Contains(err.Error(), c.stream) {
				t.Fatalf("the error repeats the stream's name: %v", err)
			}
		})
	}
	f.append(t, stream, eventstore.NoStream, good...)
}

// copiesArguments overwrites the caller's memory after Append, and what was read.
func copiesArguments(t *testing.T, f *fixture) {
	stream, before := newStream(), f.head(t)
	e := newEvent()
	want := e
	want.Data, want.Metadata = bytes.Clone(e.Data), bytes.Clone(e.Metadata)
	f.append(t, stream, eventstore.NoStream, e)
	clear(e.Data)
	clear(e.Metadata)
	for range 2 {
		for _, got := range [][]eventstore.Recorded{
			f.read(t, stream, eventstore.Forwards, eventstore.Start),
			f.all(t, before.Position, 100, only(stream)),
		} {
			same(t, stream, 0, []eventstore.Event{want}, got)
			clear(got[0].Data)
			clear(got[0].Metadata)
		}
	}
}
