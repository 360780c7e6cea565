// Package storetest is the conformance suite for engines of the log.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) eventstore.Store { … })
//	}
//
// It assumes neither an empty log nor exclusive use: others may append while it runs. So it
// uses streams with random names and looks only at those.
package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

// patience ends a test that waits for something that never comes. Nothing should
// take that long.
const patience = time.Minute

// Faults are faults an engine can inject; nil ones are not tested.
type Faults struct {
	// LoseReply makes the store lose the reply to its next append, after carrying it
	// out. The append may find out by itself or return ErrUnknownOutcome.
	LoseReply func(t *testing.T, s eventstore.Store)
}

// Run runs the suite. open returns a store for each test, on one log or on several;
// Run closes it.
func Run(t *testing.T, open func(t *testing.T) eventstore.Store, faults ...Faults) {
	t.Helper()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Helper()
			c.run(t, start(t, open))
		})
	}
	for _, f := range faults {
		if f.LoseReply != nil {
			t.Run("LostReply", func(t *testing.T) { lostReply(t, start(t, open), f.LoseReply) })
		}
	}
}

type testCase struct {
	name string
	run  func(*testing.T, *fixture)
}

func cases() []testCase {
	return []testCase{
		{"Append/KeepsBytes", keepsBytes},
		{"Append/CountsVersions", countsVersions},
		{"Append/TakesNames", takesNames},
		{"Append/TakesTheMost", takesTheMost},
		{"Append/RefusesInvalid", refusesInvalid},
		{"Append/RefusesTooLarge", refusesTooLarge},
		{"Append/CopiesWhatItIsGiven", copiesArguments},
		{"Conflict/NamesTheActualVersion", namesActual},
		{"Conflict/AppendsNothing", conflictAppendsNothing},
		{"Conflict/LoserSeesWhatBeatIt", loserSees},
		{"Conflict/OneWinnerAVersion", oneWinner},
		{"Repeat/SamePlace", repeatSamePlace},
		{"Repeat/AfterOthers", repeatAfterOthers},
		{"Repeat/PartIsAConflict", repeatOfPart},
		{"Repeat/ElsewhereIsAConflict", repeatElsewhere},
		{"Repeat/ManyAtOnce", repeatAtOnce},
		{"ReadStream/BothWays", readBothWays},
		{"ReadStream/Edges", readEdges},
		{"ReadStream/Long", readLong},
		{"ReadStream/StopsWhenTold", readStops},
		{"ReadStream/WhileAppending", readWhileAppending},
		{"ReadAll/InOrder", readAllInOrder},
		{"ReadAll/PageBorders", readAllBorders},
		{"ReadAll/End", readAllEnd},
		{"Head/Moves", headMoves},
		{"Head/Distance", distance},
		{"LogID/Stays", logIDStays},
		{"Subscribe/FromTheBeginning", subscribeBeginning},
		{"Subscribe/FromTheMiddle", subscribeMiddle},
		{"Subscribe/AtTheHead", subscribeHead},
		{"Subscribe/Waits", subscribeWaits},
		{"Subscribe/SlowReader", subscribeSlow},
		{"Subscribe/ManyWriters", subscribeManyWriters},
		{"Subscribe/ForeignCheckpoint", subscribeForeign},
		{"Subscribe/CloseWhileWaiting", closeWhileWaiting},
		{"Subscribe/StoreClosedWhileWaiting", storeClosedWhileWaiting},
		{"Context/EndedBefore", contextEnded},
		{"Context/EndsWhileAppending", contextEnds},
		{"Close/RefusesAfterwards", closedRefuses},
		{"Model/RandomCommands", modelRandom},
		{"Model/RacingWriters", modelRacing},
	}
}

// fixture is a store with helpers for tests.
type fixture struct {
	eventstore.Store
	ctx context.Context
}

func start(t *testing.T, open func(t *testing.T) eventstore.Store) *fixture {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	s := open(t)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return &fixture{s, ctx}
}

// newStream is a name that is not in use.
func newStream() string { return "storetest-" + uuid.NewString() }

// newEvent is an event with something in every field.
func newEvent() eventstore.Event {
	id := uuid.New()
	at := time.Unix(1_700_000_000, 123_456_789).UTC().Format(time.RFC3339Nano)
	return eventstore.Event{
		ID: id, Type: "storetest.happened.v1",
		Data:     fmt.Appendf(nil, `{"of":%q}`, id),
		Metadata: fmt.Appendf(nil, `{"at":%q}`, at),
	}
}

func newEvents(n int) []eventstore.Event {
	events := make([]eventstore.Event, n)
	for i := range events {
		events[i] = newEvent()
	}
	return events
}

// append appends and fails the test if it cannot.
func (f *fixture) append(t *testing.T, stream string, expected int64, events ...eventstore.Event) eventstore.Appended {
	t.Helper()
	a, err := f.Append(f.ctx, stream, expected, events...)
	if err != nil {
		t.Fatalf("append after version %d: %v", expected, err)
	}
	return a
}

// read reads a stream to its end.
func (f *fixture) read(t *testing.T, stream string, d eventstore.Direction, from int64) []eventstore.Recorded {
	t.Helper()
	var events []eventstore.Recorded
	for e, err := range f.ReadStream(f.ctx, stream, d, from) {
		if err != nil {
			t.Fatalf("read stream: %v", err)
		}
		events = append(events, e)
	}
	return events
}

func (f *fixture) head(t *testing.T) eventstore.Checkpoint {
	t.Helper()
	c, err := f.Head(f.ctx)
	if err != nil {
		t.Fatalf("head: %v", err)
	}
	return c
}

func (f *fixture) subscribe(t *testing.T, from eventstore.Checkpoint) eventstore.Subscription {
	t.Helper()
	s, err := f.Subscribe(f.ctx, from)
	if err != nil {
		t.Fatalf("subscribe: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close of the subscription: %v", err)
		}
	})
	return s
}
