package esdbtest

import (
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"
)

func (b *batching) done(p *queued, o outcome) *api.BatchAppendResp {
	ok := &api.BatchAppendResp_Success{CurrentRevisionOption: &api.BatchAppendResp_Success_NoStream{NoStream: &emptypb.Empty{}}}
	if o.revision != noStream {
		ok.CurrentRevisionOption = &api.BatchAppendResp_Success_CurrentRevision{CurrentRevision: uint64(o.revision)}
	}
	ok.PositionOption = &api.BatchAppendResp_Success_NoPosition{NoPosition: &emptypb.Empty{}}
	if o.at != 0 {
		ok.PositionOption = &api.BatchAppendResp_Success_Position{Position: &shared.AllStreamPosition{
			CommitPosition: o.at, PreparePosition: b.cluster.log.prepare(o.at),
		}}
	}
	return answered(p, &api.BatchAppendResp{Result: &api.BatchAppendResp_Success_{Success: ok}})
}

func batchWrong(p *queued, actual int64) *api.BatchAppendResp {
	w := &shared.WrongExpectedVersion{}
	if actual == noStream {
		w.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentNoStream{CurrentNoStream: &emptypb.Empty{}}
	} else {
		w.CurrentStreamRevisionOption = &shared.WrongExpectedVersion_CurrentStreamRevision{CurrentStreamRevision: uint64(actual)}
	}
	return failed(p, codes.AlreadyExists, w)
}

func (b *batching) refuse(p *queued, code codes.Code, details proto.Message) error {
	return b.call.Send(failed(p, code, details))
}

// failed is the answer to an append that was not carried out, or may not have been. Its message is the name of its details.
func failed(p *queued, code codes.Code, details proto.Message) *api.BatchAppendResp {
	s := &status.Status{Code: int32(code), Message: string(details.ProtoReflect().Descriptor().Name())}
	if packed, err := anypb.New(details); err == nil {
		s.Details = []*anypb.Any{packed}
	}
	return answered(p, &api.BatchAppendResp{Result: &api.BatchAppendResp_Error{Error: s}})
}

// notHandled is the answer of a server that has not begun; it has no code.
func notHandled(p *queued, message string) *api.BatchAppendResp {
	resp := failed(p, codes.OK, &emptypb.Empty{})
	resp.GetError().Message = message
	return resp
}

// eventExceeds is the answer to an event that is too large. The details are newer than the generated protocol.
func eventExceeds(p *queued) *api.BatchAppendResp {
	const name = "MaximumAppendEventSizeExceeded"
	resp := failed(p, codes.InvalidArgument, &emptypb.Empty{})
	resp.GetError().Message = name
	resp.GetError().Details[0].TypeUrl = "type.googleapis.com/event_store.client." + name
	return resp
}

func answered(p *queued, resp *api.BatchAppendResp) *api.BatchAppendResp {
	resp.CorrelationId, resp.StreamIdentifier = p.id, &shared.StreamIdentifier{StreamName: []byte(p.stream)}
	return resp
}
