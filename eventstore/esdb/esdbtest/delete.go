package esdbtest

import (
	"context"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// Delete implements the protocol: the stream is deleted softly, and can be written to again.
func (s *streams) Delete(ctx context.Context, req *api.DeleteReq) (*api.DeleteResp, error) {
	expected := expectAny
	switch revision := req.GetOptions().GetExpectedStreamRevision().(type) {
	case *api.DeleteReq_Options_Revision:
		expected = int64(revision.Revision) // counted in int64
	case *api.DeleteReq_Options_NoStream:
		expected = noStream
	case *api.DeleteReq_Options_StreamExists:
		expected = expectExists
	}
	o, err := s.remove(ctx, string(req.GetOptions().GetStreamIdentifier().GetStreamName()), expected, false)
	if err != nil {
		return nil, err
	}
	return &api.DeleteResp{PositionOption: &api.DeleteResp_Position_{Position: &api.DeleteResp_Position{
		CommitPosition: o.at, PreparePosition: s.cluster.log.prepare(o.at),
	}}}, nil
}

// Tombstone implements the protocol: the stream is deleted permanently.
func (s *streams) Tombstone(ctx context.Context, req *api.TombstoneReq) (*api.TombstoneResp, error) {
	expected := expectAny
	switch revision := req.GetOptions().GetExpectedStreamRevision().(type) {
	case *api.TombstoneReq_Options_Revision:
		expected = int64(revision.Revision) // counted in int64
	case *api.TombstoneReq_Options_NoStream:
		expected = noStream
	case *api.TombstoneReq_Options_StreamExists:
		expected = expectExists
	}
	o, err := s.remove(ctx, string(req.GetOptions().GetStreamIdentifier().GetStreamName()), expected, true)
	if err != nil {
		return nil, err
	}
	return &api.TombstoneResp{PositionOption: &api.TombstoneResp_Position_{Position: &api.TombstoneResp_Position{
		CommitPosition: o.at, PreparePosition: s.cluster.log.prepare(o.at),
	}}}, nil
}

// unaryCall allows trailers on a call with one answer.
type unaryCall struct{ context.Context }

func (u unaryCall) SetTrailer(md metadata.MD) { _ = grpc.SetTrailer(u, md) }

func (s *streams) remove(ctx context.Context, name string, expected int64, forGood bool) (outcome, error) {
	call := unaryCall{ctx}
	if err := s.cluster.authorize(call, callerOf(ctx), name, toDelete); err != nil {
		return outcome{}, err
	}
	if s.requiresLeader(ctx) && !s.leads() {
		return outcome{}, s.notLeader(call)
	}
	o := s.cluster.log.remove(name, expected, forGood)
	switch o.decision {
	case gone:
		return o, streamDeleted(call, name)
	case refused:
		call.SetTrailer(metadata.Pairs("exception", "wrong-expected-version", "stream-name", name))
		return o, status.Error(codes.FailedPrecondition, "Delete failed due to WrongExpectedVersion.")
	case accepted, repeated:
	}
	return o, nil
}

// SoftDelete deletes a stream so that it can be written to again: its events stay in $all until a scavenge.
func (c *Cluster) SoftDelete(stream string) { c.log.remove(stream, expectAny, false) }

// DeleteStream deletes a stream permanently, with a tombstone.
func (c *Cluster) DeleteStream(stream string) { c.log.remove(stream, expectAny, true) }
