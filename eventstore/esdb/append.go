package esdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

// Append implements eventstore.Store. An append refused by a node that is not the leader is
// sent to the leader. If the answer was lost, the stream is searched for the events, and they are sent
// again if they are not there; the expected version makes that safe.
func (s *Store) Append(ctx context.Context, stream string, expected int64, events ...eventstore.Event) (eventstore.Appended, error) {
	if err := s.begin(ctx, &s.appends); err != nil {
		return eventstore.Appended{}, err
	}
	defer s.appends.Done()
	if err := eventstore.CheckAppend(stream, expected, events); err != nil {
		return eventstore.Appended{}, err
	}
	if !s.named(stream) {
		return eventstore.Appended{}, errReserved
	}
	if _, err := s.id(ctx); err != nil { // no log has events without an id
		return eventstore.Appended{}, err
	}
	return s.append(ctx, stream, expected, events, checkFence)
}

var errReserved = fmt.Errorf("%w: the name is not one of the ledger's streams", eventstore.ErrInvalid)

func (s *Store) append(ctx context.Context, stream string, expected int64, events []eventstore.Event, fence fenceCheck) (eventstore.Appended, error) {
	s.watchNode()
	within, cancel := s.bounded(ctx, s.opts.CallTimeout)
	defer cancel()
	a := &appending{Store: s, stream: stream, expected: expected, events: events, fence: fence, pause: pauses()}
	for {
		result, err := a.try(within)
		switch {
		case err == nil:
			return result, nil
		case within.Err() != nil && (errors.Is(err, errAgain) || errors.Is(err, within.Err())):
			return result, a.fail(ended(within, ctx, a.doing()))
		case !errors.Is(err, errAgain):
			return result, err
		}
		if a.pause.Wait(within) != nil {
			return eventstore.Appended{}, a.fail(ended(within, ctx, a.doing()))
		}
	}
}

// errAgain: as far as can be seen the append did not happen, and may be tried again.
var errAgain = errors.New("esdb: try again")

// appending is one append and what is known about it.
type appending struct {
	*Store
	stream   string
	expected int64
	events   []eventstore.Event
	fence    fenceCheck
	lost     bool // an attempt was sent, and its outcome is unknown
	pause    backoff.Tries
}

func (a *appending) doing() string { return "appending to stream " + a.opts.Prefix + a.stream }

// fail is the error for an append that is given up: ErrUnknownOutcome when the events may be in the log.
func (a *appending) fail(err error) error {
	f, known := faultOf(err)
	switch {
	case a.lost && errors.Is(err, eventstore.ErrUnavailable):
		return fmt.Errorf("%w: %w", eventstore.ErrUnknownOutcome, err)
	case a.lost:
		return eventstore.ErrUnknownOutcome
	case known:
		return f
	case errors.Is(err, errAgain):
		return fmt.Errorf("%w: the stream's version could not be determined", eventstore.ErrUnavailable)
	}
	return err
}

func (a *appending) try(ctx context.Context) (eventstore.Appended, error) {
	n, err := a.leader.acquire(ctx)
	if err != nil {
		return eventstore.Appended{}, a.fail(err)
	}
	defer a.leader.release(n)
	if a.fence {
		if err := a.unfenced(ctx, n); err != nil {
			return eventstore.Appended{}, a.unpolled(ctx, n, err)
		}
	}
	if a.lost {
		a.count.resent.Add(1)
	}
	resp, err := a.send(ctx, n)
	if err != nil {
		return a.failed(ctx, n, err)
	}
	if wrong := resp.GetWrongExpectedVersion(); wrong != nil {
		actual := eventstore.NoStream
		if _, none := wrong.GetCurrentRevisionOption().(*api.AppendResp_WrongExpectedVersion_CurrentNoStream); !none {
			actual = int64(wrong.GetCurrentRevision()) //nolint:gosec // the server counts in int64
		}
		return a.refused(ctx, actual)
	}
	last := a.expected + int64(len(a.events))
	position := resp.GetSuccess().GetPosition()
	if got := resp.GetSuccess().GetCurrentRevision(); got != uint64(last) { //nolint:gosec // not negative
		return eventstore.Appended{}, a.cut(a.stream, eventstore.Position{},
			fmt.Sprintf("what was appended after version %d is at version %d: the stream was deleted", a.expected, got))
	}
	if position == nil {
		a.lost = true // it is there, but not yet known where
		return a.resolve(ctx)
	}
	done := eventstore.Appended{Version: last, Position: eventstore.NewPosition(position.GetCommitPosition(), position.GetPreparePosition())}
	n.reach(done.Position)
	a.known.saw(done.Position, a.events[len(a.events)-1].ID)
	return done, nil
}

// unpolled is the error for an attempt that was not sent.
func (a *appending) unpolled(ctx context.Context, n *node, err error) error {
	a.blame(ctx, a.leader, n, err)
	f, known := faultOf(err)
	switch {
	case errors.Is(err, errUnpolled):
		return a.fail(errUnpolled)
	case known && f.passing():
		return errors.Join(errAgain, f)
	}
	return a.fail(err)
}

// send sends the events to a node and waits for its answer; the error is a *fault.
func (a *appending) send(ctx context.Context, n *node) (_ *api.AppendResp, failed error) {
	defer func() { a.noteRight(failed) }()
	ctx, cancel := context.WithTimeout(asLeader(ctx), min(a.opts.CallTimeout/2, appendLife)) // leaves time to find out what happened to it
	defer cancel()
	call, err := n.streams.Append(ctx)
	if err != nil {
		return nil, a.diagnosed(a.doing(), err, nil)
	}
	err = call.Send(a.header())
	for i := range a.events {
		if err == nil {
			err = call.Send(proposed(&a.events[i]))
		}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, a.diagnosed(a.doing(), err, nil)
	}
	if err != nil {
		return nil, a.brokenOff(call, cancel)
	}
	resp, err := call.CloseAndRecv()
	if err != nil {
		return nil, a.diagnosed(a.doing(), err, call.Trailer())
	}
	if resp.GetResult() == nil {
		return nil, &fault{code: codes.Unknown, doing: a.doing()}
	}
	return resp, nil
}

// brokenOff returns why a call ended before all events were sent. The sending side must not be closed: gRPC may have retried
// the call transparently, and the server would take what was sent so far for the whole append.
func (a *appending) brokenOff(call api.Streams_AppendClient, cancel func()) error {
	patience := time.AfterFunc(time.Second, cancel)
	defer patience.Stop()
	if err := call.RecvMsg(new(api.AppendResp)); err != nil {
		return a.diagnosed(a.doing(), err, call.Trailer())
	}
	return &fault{code: codes.Unknown, doing: a.doing()}
}

func (a *appending) header() *api.AppendReq {
	o := &api.AppendReq_Options{StreamIdentifier: a.streamIdentifier(a.stream)}
	if a.expected == eventstore.NoStream {
		o.ExpectedStreamRevision = &api.AppendReq_Options_NoStream{NoStream: &shared.Empty{}}
	} else {
		o.ExpectedStreamRevision = &api.AppendReq_Options_Revision{Revision: uint64(a.expected)} //nolint:gosec // not negative
	}
	return &api.AppendReq{Content: &api.AppendReq_Options_{Options: o}}
}

// failed finds out what a failed call has done.
func (a *appending) failed(ctx context.Context, n *node, err error) (eventstore.Appended, error) {
	a.blame(ctx, a.leader, n, err)
	f, known := faultOf(err)
	if !known {
		return eventstore.Appended{}, a.fail(err)
	}
	switch {
	case f.kind == kindWrongVersion:
		actual, err := strconv.ParseInt(f.actual, 10, 64)
		if err != nil {
			actual, err = a.last(ctx)
		}
		if err != nil {
			return eventstore.Appended{}, a.fail(err)
		}
		return a.refused(ctx, actual)
	case f.kind == kindNotLeader:
		return eventstore.Appended{}, errors.Join(errAgain, f)
	case f.kind == kindStreamDeleted:
		return eventstore.Appended{}, a.cut(a.stream, eventstore.Position{}, "it was deleted permanently")
	case f.refused():
		return eventstore.Appended{}, a.fail(f)
	}
	a.lost = true
	if ctx.Err() != nil {
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	a.log.Warn("the answer to an append was lost", "code", f.code.String())
	result, err := a.resolve(ctx)
	var conflict *eventstore.ConflictError
	if err == nil || errors.As(err, &conflict) {
		a.count.resolved.Add(1)
	}
	return result, err
}

// refused answers an append that the server refused because the stream was at another version, unless the
// events are there: then this append, or an earlier attempt, has written them.
func (a *appending) refused(ctx context.Context, actual int64) (eventstore.Appended, error) {
	found, err := a.look(ctx)
	switch {
	case err != nil:
		return eventstore.Appended{}, a.fail(err)
	case a.same(found):
		return a.at(found), nil
	case actual == a.expected || a.lost && len(found) == 0:
		return eventstore.Appended{}, errAgain
	case actual > a.expected && len(found) == 0:
		return eventstore.Appended{}, a.cut(a.stream, eventstore.Position{},
			fmt.Sprintf("it ends at version %d, and version %d cannot be read", actual, a.expected+1))
	}
	return eventstore.Appended{}, &eventstore.ConflictError{Stream: a.stream, Expected: a.expected, Actual: actual}
}

// resolve reads what happened to an append. Finding nothing may mean that it is still under way.
func (a *appending) resolve(ctx context.Context) (eventstore.Appended, error) {
	found, err := a.look(ctx)
	switch {
	case err != nil:
		return eventstore.Appended{}, a.fail(err)
	case a.same(found):
		return a.at(found), nil
	case len(found) == 0:
		return eventstore.Appended{}, errAgain
	}
	actual, err := a.last(ctx)
	if err != nil {
		return eventstore.Appended{}, a.fail(err)
	}
	return eventstore.Appended{}, &eventstore.ConflictError{Stream: a.stream, Expected: a.expected, Actual: actual}
}

// last is the version of the stream's last event, as the leader has it.
func (a *appending) last(ctx context.Context) (int64, error) {
	found, err := a.few(ctx, a.readStreamFrom(a.stream, eventstore.Backwards, eventstore.End, 1))
	if err != nil || len(found) == 0 {
		return eventstore.NoStream, err
	}
	return found[0].Version, nil
}

// look reads the events that the leader has where the append's should be.
func (a *appending) look(ctx context.Context) ([]entry, error) {
	return a.few(ctx, a.readStreamFrom(a.stream, eventstore.Forwards, a.expected+1, uint64(len(a.events))))
}

func (a *appending) same(found []entry) bool {
	return slices.EqualFunc(found, a.events, func(f entry, e eventstore.Event) bool { return f.ID == e.ID })
}

func (a *appending) at(found []entry) eventstore.Appended {
	last := found[len(found)-1]
	return eventstore.Appended{Version: last.Version, Position: last.Position}
}
