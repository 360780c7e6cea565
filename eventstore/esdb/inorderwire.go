package esdb

import (
	"encoding/binary"
	"fmt"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"github.com/google/uuid"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/emptypb"

	"accountledger/eventstore"
)

// request is the message that carries one whole batch. Its correlation id is the call's number and the batch's.
func (o *ordered) request(i int) *api.BatchAppendReq {
	b := &o.batches[i]
	options := &api.BatchAppendReq_Options{
		StreamIdentifier: o.streamIdentifier(b.Stream),
		DeadlineOption:   &api.BatchAppendReq_Options_Deadline{Deadline: durationpb.New(o.limit)},
	}
	if b.Expected == eventstore.NoStream {
		options.ExpectedStreamPosition = &api.BatchAppendReq_Options_NoStream{NoStream: &emptypb.Empty{}}
	} else {
		options.ExpectedStreamPosition = &api.BatchAppendReq_Options_StreamPosition{StreamPosition: uint64(b.Expected)} //nolint:gosec // not negative
	}
	var id uuid.UUID
	binary.BigEndian.PutUint64(id[:8], o.number)
	binary.BigEndian.PutUint64(id[8:], uint64(i)) //nolint:gosec // an index
	messages := make([]*api.BatchAppendReq_ProposedMessage, len(b.Events))
	for j := range b.Events {
		e := &b.Events[j]
		messages[j] = &api.BatchAppendReq_ProposedMessage{
			Id: wireID(e.ID), Metadata: map[string]string{metaType: e.Type, metaContentType: contentType}, CustomMetadata: e.Metadata, Data: e.Data,
		}
	}
	return &api.BatchAppendReq{CorrelationId: wireID(id), Options: options, ProposedMessages: messages, IsFinal: true}
}

// index is the number of the batch that an answer belongs to, or negative for none.
func (o *ordered) index(resp *api.BatchAppendResp) int {
	id := readID(resp.GetCorrelationId())
	i := binary.BigEndian.Uint64(id[8:])
	if binary.BigEndian.Uint64(id[:8]) != o.number || i >= uint64(len(o.batches)) {
		return -1
	}
	return int(i) //nolint:gosec // an index
}

// read returns the result in an answer. The error is also ErrUnknownOutcome for an append that is in the log at an unstated position.
func (o *ordered) read(b *eventstore.Batch, resp *api.BatchAppendResp) (eventstore.Appended, error) {
	if resp.GetError() != nil {
		return eventstore.Appended{}, o.refusal(b, resp.GetError())
	}
	last := b.Expected + int64(len(b.Events))
	if got := resp.GetSuccess().GetCurrentRevision(); got != uint64(last) { //nolint:gosec // not negative
		return eventstore.Appended{}, o.cut(b.Stream, eventstore.Position{},
			fmt.Sprintf("what was appended after version %d is at version %d: the stream was deleted", b.Expected, got))
	}
	at := resp.GetSuccess().GetPosition()
	if at == nil {
		return eventstore.Appended{}, eventstore.ErrUnknownOutcome
	}
	return eventstore.Appended{Version: last, Position: eventstore.NewPosition(at.GetCommitPosition(), at.GetPreparePosition())}, nil
}

// Details of a refusal that the generated protocol has no type for.
const eventTooLarge protoreflect.Name = "MaximumAppendEventSizeExceeded"

// refusal is the error for an append that the server says failed.
func (s *Store) refusal(b *eventstore.Batch, refused *status.Status) error {
	var details proto.Message
	fails := fault{doing: "appending to stream " + s.opts.Prefix + b.Stream, user: s.user, code: codes.InvalidArgument}
	if len(refused.GetDetails()) > 0 {
		details, _ = refused.GetDetails()[0].UnmarshalNew() // nil if of an unknown kind
		if refused.GetDetails()[0].MessageName().Name() == eventTooLarge {
			fails.kind = kindEventTooLarge
			return &fails
		}
	}
	switch d := details.(type) {
	case *shared.WrongExpectedVersion:
		actual := eventstore.NoStream
		if _, some := d.GetCurrentStreamRevisionOption().(*shared.WrongExpectedVersion_CurrentStreamRevision); some {
			actual = int64(d.GetCurrentStreamRevision()) //nolint:gosec // the server counts in int64
		}
		return &eventstore.ConflictError{Stream: b.Stream, Expected: b.Expected, Actual: actual}
	case *shared.StreamDeleted:
		return s.cut(b.Stream, eventstore.Position{}, "it was deleted permanently")
	case *shared.AccessDenied:
		fails.code, fails.kind = codes.PermissionDenied, kindAccessDenied
		return &fails
	case *shared.MaximumAppendSizeExceeded:
		fails.kind, fails.limit = kindTooLarge, int64(d.GetMaxAppendSize())
		return &fails
	case *shared.BadRequest:
		return &fails
	case *emptypb.Empty:
		if refused.GetCode() == int32(codes.OK) { // not even begun: busy, not ready or without a leader
			fails.code = codes.Unavailable
			return &fails
		}
	}
	return eventstore.ErrUnknownOutcome
}
