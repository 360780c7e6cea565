package esdbtest

import (
	"context"
	"errors"
	"io"
	"slices"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"

	"accountledger/eventstore"
)

// maxAppendBytes is a real server's default.
const maxAppendBytes = 1 << 20

// Expected versions that are no numbers.
const (
	expectAny    int64 = -2
	expectExists int64 = -4
)

// streams is the service of streams.
type streams struct {
	api.UnimplementedStreamsServer
	*Node
}

// Append implements the protocol.
func (s *streams) Append(call api.Streams_AppendServer) error {
	ctx := call.Context()
	stream, expected, events, err := receive(call)
	if err != nil {
		return err
	}
	if !s.leads() && s.requiresLeader(ctx) {
		return s.notLeader(call)
	}
	if s.pretends.Load() {
		<-ctx.Done() // the other nodes do not follow any more
		return status.Error(codes.Aborted, "Operation timed out: Prepare phase timeout.")
	}
	if s.cluster.engine.isDeleted(stream) {
		return deleted(call, stream)
	}
	fault := s.cluster.faults.next()
	switch fault {
	case LoseRequest:
		return s.breakOff(ctx)
	case StallRequest:
		<-ctx.Done()
		return ctx.Err()
	case LateRequest:
		s.cluster.late.Add(1)
		go func() {
			defer s.cluster.late.Done()
			<-ctx.Done()
			_, _ = s.carryOut(context.WithoutCancel(ctx), stream, expected, events)
		}()
		<-ctx.Done()
		return ctx.Err()
	case TooBusy:
		return status.Error(codes.Unavailable, "Server Is Too Busy")
	case Delay:
		s.cluster.faults.delay(ctx)
	}
	// Once begun, an append does not stop because its client has gone.
	resp, err := s.carryOut(context.WithoutCancel(ctx), stream, expected, events)
	if err != nil {
		return err
	}
	switch fault {
	case LoseReply:
		return s.breakOff(ctx)
	case StallReply:
		<-ctx.Done()
		return ctx.Err()
	case TimeOut:
		return status.Error(codes.Aborted, "Operation timed out: Commit phase timeout.")
	case WrongVersion:
		if success := resp.GetSuccess(); success != nil {
			resp = wrong(expected, int64(success.GetCurrentRevision())) //nolint:gosec // counted in int64
		}
	case NoPosition:
		if success := resp.GetSuccess(); success != nil {
			success.PositionOption = &api.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
		}
	}
	return call.SendAndClose(resp)
}

func (s *streams) breakOff(ctx context.Context) error {
	if p, ok := peer.FromContext(ctx); ok {
		s.listener.drop(p.Addr.String())
	}
	return status.Error(codes.Unavailable, "the connection is broken")
}

func receive(call api.Streams_AppendServer) (stream string, expected int64, events []eventstore.Event, err error) {
	first, err := call.Recv()
	if err != nil {
		return "", 0, nil, err
	}
	o := first.GetOptions()
	switch revision := o.GetExpectedStreamRevision().(type) {
	case *api.AppendReq_Options_Revision:
		expected = int64(revision.Revision) //nolint:gosec // counted in int64
	case *api.AppendReq_Options_NoStream:
		expected = eventstore.NoStream
	case *api.AppendReq_Options_Any:
		expected = expectAny
	case *api.AppendReq_Options_StreamExists:
		expected = expectExists
	default:
		return "", 0, nil, status.Error(codes.InvalidArgument, "no options")
	}
	size := 0
	for {
		req, err := call.Recv()
		if errors.Is(err, io.EOF) {
			return string(o.GetStreamIdentifier().GetStreamName()), expected, events, nil
		}
		if err != nil {
			return "", 0, nil, err
		}
		m := req.GetProposedMessage()
		if size += len(m.GetData()); size > maxAppendBytes {
			return "", 0, nil, tooLarge(call)
		}
		if m.GetMetadata()["type"] == "" || m.GetMetadata()["content-type"] == "" {
			return "", 0, nil, status.Error(codes.InvalidArgument, "Required Metadata Property is missing")
		}
		events = append(events, eventstore.Event{
			ID: readID(m.GetId()), Type: storedType(m.GetMetadata()["type"]), Data: m.GetData(), Metadata: m.GetCustomMetadata(),
		})
	}
}

// carryOut appends as a real server does. Its check of a repeat looks at the ids alone, one version
// after the other.
func (s *streams) carryOut(ctx context.Context, stream string, expected int64, events []eventstore.Event) (*api.AppendResp, error) {
	for {
		wanted := expected
		if wanted == expectAny || wanted == expectExists {
			last, err := s.last(ctx, stream)
			if err != nil {
				return nil, status.Error(codes.Internal, err.Error())
			}
			if wanted = last; last == eventstore.NoStream && expected == expectExists {
				return wrong(expected, last), nil
			}
		}
		repeated, err := s.repeated(ctx, stream, wanted, events)
		if err == nil && repeated {
			return success(wanted+int64(len(events)), nil), nil
		}
		a, err := s.cluster.engine.store.Append(ctx, s.cluster.engine.storedName(stream), wanted, events...)
		var conflict *eventstore.ConflictError
		switch {
		case errors.As(err, &conflict) && expected == wanted:
			return wrong(expected, conflict.Actual), nil
		case errors.As(err, &conflict):
			continue
		case err != nil:
			return nil, status.Error(codes.Internal, err.Error())
		}
		return s.appended(ctx, a)
	}
}

func (s *streams) appended(ctx context.Context, a eventstore.Appended) (*api.AppendResp, error) {
	n := s.cluster.appends.Add(1)
	if every := s.cluster.opts.SystemEvery; every > 0 && n%uint64(every) == 0 {
		if err := s.cluster.engine.addSystem(ctx); err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
	}
	s.cluster.engine.change()
	commit, err := s.cluster.engine.commit(ctx, a.Position.Commit())
	if err != nil {
		return nil, status.Error(codes.Internal, err.Error())
	}
	return success(a.Version, &api.AppendResp_Position{CommitPosition: commit, PreparePosition: s.cluster.engine.prepare(commit)}), nil
}

func (s *streams) last(ctx context.Context, stream string) (int64, error) {
	for r, err := range s.cluster.engine.store.ReadStream(ctx, s.cluster.engine.storedName(stream), eventstore.Backwards, eventstore.End) {
		return r.Version, err
	}
	return eventstore.NoStream, nil
}

func (s *streams) repeated(ctx context.Context, stream string, expected int64, events []eventstore.Event) (bool, error) {
	var there []eventstore.Event
	for r, err := range s.cluster.engine.store.ReadStream(ctx, s.cluster.engine.storedName(stream), eventstore.Forwards, expected+1) {
		if err != nil {
			return false, err
		}
		if there = append(there, r.Event); len(there) == len(events) {
			break
		}
	}
	return len(events) > 0 && slices.EqualFunc(there, events, func(a, b eventstore.Event) bool { return a.ID == b.ID }), nil
}

func success(version int64, position *api.AppendResp_Position) *api.AppendResp {
	ok := &api.AppendResp_Success{CurrentRevisionOption: &api.AppendResp_Success_CurrentRevision{CurrentRevision: uint64(version)}} //nolint:gosec // not negative
	if position == nil {
		ok.PositionOption = &api.AppendResp_Success_NoPosition{NoPosition: &shared.Empty{}}
	} else {
		ok.PositionOption = &api.AppendResp_Success_Position{Position: position}
	}
	return &api.AppendResp{Result: &api.AppendResp_Success_{Success: ok}}
}

func wrong(expected, actual int64) *api.AppendResp {
	w := &api.AppendResp_WrongExpectedVersion{}
	switch expected {
	case eventstore.NoStream:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedNoStream{ExpectedNoStream: &shared.Empty{}}
	case expectExists:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedStreamExists{ExpectedStreamExists: &shared.Empty{}}
	default:
		w.ExpectedRevisionOption = &api.AppendResp_WrongExpectedVersion_ExpectedRevision{ExpectedRevision: uint64(expected)} //nolint:gosec // not negative
	}
	if actual == eventstore.NoStream {
		w.CurrentRevisionOption = &api.AppendResp_WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &shared.Empty{}}
	} else {
		w.CurrentRevisionOption = &api.AppendResp_WrongExpectedVersion_CurrentRevision{CurrentRevision: uint64(actual)} //nolint:gosec // not negative
	}
	return &api.AppendResp{Result: &api.AppendResp_WrongExpectedVersion_{WrongExpectedVersion: w}}
}
