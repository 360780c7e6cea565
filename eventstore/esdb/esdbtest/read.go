package esdbtest

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"accountledger/eventstore"
)

// batch is how many events are read at a time, as a real server does.
const batch = 32

// Read implements the protocol: reads, and subscriptions to $all.
func (s *streams) Read(req *api.ReadReq, call api.Streams_ReadServer) error {
	if required := s.requiresLeader(call.Context()); required && !s.leads() {
		return s.notLeader(call)
	}
	o := req.GetOptions()
	switch {
	case o.GetFilter() != nil || o.GetResolveLinks():
		return status.Error(codes.Unimplemented, "the test server has no filters and links")
	case o.GetStream() != nil && o.GetSubscription() == nil:
		return s.readStream(o, call)
	case o.GetAll() != nil && o.GetSubscription() != nil:
		return s.subscribe(o.GetAll(), call)
	case o.GetAll() != nil && o.GetReadDirection() == api.ReadReq_Options_Backwards:
		return s.readAllBackwards(o, call)
	case o.GetAll() != nil:
		return s.readAllForwards(o, call)
	}
	return status.Error(codes.Unimplemented, "the test server has subscriptions to $all only")
}

func (s *streams) readStream(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	ctx := call.Context()
	stream := string(o.GetStream().GetStreamIdentifier().GetStreamName())
	s.cluster.faults.hold(ctx, stream)
	if s.cluster.engine.isDeleted(stream) {
		return deleted(call, stream)
	}
	direction, from := eventstore.Forwards, eventstore.Start
	if o.GetReadDirection() == api.ReadReq_Options_Backwards {
		direction = eventstore.Backwards
	}
	switch at := o.GetStream().GetRevisionOption().(type) {
	case *api.ReadReq_Options_StreamOptions_Revision:
		from = int64(min(at.Revision, math.MaxInt64))
	case *api.ReadReq_Options_StreamOptions_End:
		from = eventstore.End
	}
	if from == eventstore.End && direction == eventstore.Forwards {
		return nil
	}
	last, err := s.visible(ctx)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	left := o.GetCount()
	for r, err := range s.cluster.engine.store.ReadStream(ctx, s.cluster.engine.storedName(stream), direction, from) {
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		if left == 0 {
			return nil
		}
		if r.Position.Commit() > last {
			continue
		}
		if err := s.send(ctx, call, r); err != nil {
			return err
		}
		left--
	}
	if left == o.GetCount() {
		return s.notFound(ctx, call, stream, last)
	}
	return nil
}

// notFound says so when there is no such stream; otherwise there is nothing to say.
func (s *streams) notFound(ctx context.Context, call api.Streams_ReadServer, stream string, last uint64) error {
	// The last event is the quicker one to find; where the node lags, it may have the first one only.
	for _, from := range []struct {
		direction eventstore.Direction
		version   int64
	}{{eventstore.Backwards, eventstore.End}, {eventstore.Forwards, eventstore.Start}} {
		for r, err := range s.cluster.engine.store.ReadStream(ctx, s.cluster.engine.storedName(stream), from.direction, from.version) {
			if err == nil && r.Position.Commit() <= last {
				return nil
			}
			break
		}
	}
	return call.Send(&api.ReadResp{Content: &api.ReadResp_StreamNotFound_{StreamNotFound: &api.ReadResp_StreamNotFound{
		StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(stream)},
	}}})
}

// begin is the dense position at which a read of $all begins.
func (s *streams) begin(ctx context.Context, o *api.ReadReq_Options_AllOptions) (uint64, error) {
	switch at := o.GetAllOption().(type) {
	case *api.ReadReq_Options_AllOptions_Position:
		dense, err := s.cluster.engine.find(ctx, at.Position.GetCommitPosition())
		if errors.Is(err, errNoBoundary) {
			return 0, status.Error(codes.InvalidArgument, "Invalid position")
		}
		return dense, err
	case *api.ReadReq_Options_AllOptions_End:
		head, err := s.visible(ctx)
		return head + 1, err
	}
	return 1, nil
}

func (s *streams) readAllForwards(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	ctx := call.Context()
	next, err := s.begin(ctx, o.GetAll())
	if err != nil {
		return err
	}
	last, err := s.visible(ctx)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	for left := o.GetCount(); next <= last && left > 0; next += batch {
		events, err := s.cluster.engine.events(ctx, next, min(last, next+batch-1))
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		for _, r := range events {
			if left == 0 {
				break
			}
			if err := s.send(ctx, call, r); err != nil {
				return err
			}
			left--
		}
	}
	return nil
}

func (s *streams) readAllBackwards(o *api.ReadReq_Options, call api.Streams_ReadServer) error {
	ctx := call.Context()
	dense, err := s.begin(ctx, o.GetAll())
	if err != nil {
		return err
	}
	for left := o.GetCount(); dense > 1 && left > 0; {
		dense--
		events, err := s.cluster.engine.events(ctx, dense, dense)
		if err != nil {
			return status.Error(codes.Internal, err.Error())
		}
		for _, r := range events {
			if err := s.send(ctx, call, r); err != nil {
				return err
			}
			left--
		}
	}
	return nil
}

func (s *streams) send(ctx context.Context, call api.Streams_ReadServer, r eventstore.Recorded) error {
	resp, err := s.wire(ctx, r)
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	return call.Send(resp)
}

// created is when everything happened, in the ticks of 100 ns that the protocol has: no clock is asked.
const created = 1_700_000_000 * 10_000_000

func (s *streams) wire(ctx context.Context, r eventstore.Recorded) (*api.ReadResp, error) {
	commit, err := s.cluster.engine.commit(ctx, r.Position.Commit())
	if err != nil {
		return nil, err
	}
	return &api.ReadResp{Content: &api.ReadResp_Event{Event: &api.ReadResp_ReadEvent{
		Position: &api.ReadResp_ReadEvent_CommitPosition{CommitPosition: commit},
		Event: &api.ReadResp_ReadEvent_RecordedEvent{
			Id:               wireID(r.ID),
			StreamIdentifier: &shared.StreamIdentifier{StreamName: []byte(s.cluster.engine.shownName(r.Stream))},
			StreamRevision:   uint64(r.Version), //nolint:gosec // not negative
			CommitPosition:   commit,
			PreparePosition:  s.cluster.engine.prepare(commit),
			Metadata: map[string]string{
				"type": shownType(r.Type), "content-type": "application/octet-stream", "created": strconv.FormatInt(created, 10),
			},
			CustomMetadata: r.Metadata,
			Data:           r.Data,
		},
	}}}, nil
}

func wireID(id uuid.UUID) *shared.UUID {
	return &shared.UUID{Value: &shared.UUID_Structured_{Structured: &shared.UUID_Structured{
		MostSignificantBits:  int64(binary.BigEndian.Uint64(id[:8])), //nolint:gosec // bits
		LeastSignificantBits: int64(binary.BigEndian.Uint64(id[8:])), //nolint:gosec // bits
	}}}
}

func readID(id *shared.UUID) (u uuid.UUID) {
	if bits := id.GetStructured(); bits != nil {
		binary.BigEndian.PutUint64(u[:8], uint64(bits.GetMostSignificantBits()))  //nolint:gosec // bits
		binary.BigEndian.PutUint64(u[8:], uint64(bits.GetLeastSignificantBits())) //nolint:gosec // bits
		return u
	}
	u, err := uuid.Parse(id.GetString_())
	if err != nil {
		return uuid.Nil
	}
	return u
}
