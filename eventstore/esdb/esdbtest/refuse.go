package esdbtest

import (
	"context"
	"fmt"
	"net"
	"strconv"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// trailed is a call that can send trailers.
type trailed interface{ SetTrailer(metadata.MD) }

// errThrown is the server's answer when its own code fails.
var errThrown = status.Error(codes.Unknown, "Exception was thrown by handler.")

// requiresLeader reports whether the client accepts an answer only from the leader.
func (n *Node) requiresLeader(ctx context.Context) bool {
	md, _ := metadata.FromIncomingContext(ctx)
	values := md.Get("requires-leader")
	if len(values) == 0 || values[0] != "true" {
		return false
	}
	n.cluster.required.Add(1)
	return true
}

func (n *Node) notLeader(call trailed) error {
	host, port, err := net.SplitHostPort(n.cluster.nodes[n.cluster.Leader()].Address())
	if err != nil {
		return status.Error(codes.Internal, err.Error())
	}
	call.SetTrailer(metadata.Pairs("exception", "not-leader", "leader-endpoint-host", host, "leader-endpoint-port", port))
	return status.Error(codes.NotFound, "Leader info available")
}

func streamDeleted(call trailed, stream string) error {
	call.SetTrailer(metadata.Pairs("exception", "stream-deleted", "stream-name", stream))
	return status.Errorf(codes.FailedPrecondition, "Event stream '%s' is deleted.", stream)
}

func accessDenied(call trailed) error {
	call.SetTrailer(metadata.Pairs("exception", "access-denied"))
	return status.Error(codes.PermissionDenied, "Access Denied")
}

func invalidPosition(at string) error {
	return status.Errorf(codes.Unknown, "Unexpected ReadAllResult: InvalidPosition >> %s", at)
}

func appendTooLarge(call trailed, most int) error {
	call.SetTrailer(metadata.Pairs("exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(most)))
	return status.Errorf(codes.InvalidArgument, "Maximum Append Size of %d Exceeded.", most)
}

func eventTooLarge(call trailed, id fmt.Stringer, size, most int) error {
	call.SetTrailer(metadata.Pairs(
		"exception", "maximum-append-event-size-exceeded", "maximum-append-event-size", strconv.Itoa(most),
		"event-id", id.String(), "proposed-append-event-size", strconv.Itoa(size),
	))
	return status.Errorf(codes.InvalidArgument, "Event with Id: %s, Size: %d, exceeds Maximum Append Event Size of %d.", id, size, most)
}

func propertyMissing(call trailed, name string) error {
	call.SetTrailer(metadata.Pairs("exception", "missing-required-metadata-property", "required-metadata-properties", "type,content-type"))
	return status.Errorf(codes.InvalidArgument, "Required Metadata Property '%s' is missing", name)
}
