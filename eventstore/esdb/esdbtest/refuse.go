package esdbtest

import (
	"context"
	"encoding/base64"
	"net"
	"strconv"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// trailed is a call whose answer can be given trailers.
type trailed interface{ SetTrailer(metadata.MD) }

// requiresLeader reports whether the client wants nobody else to answer.
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

func deleted(call trailed, stream string) error {
	call.SetTrailer(metadata.Pairs("exception", "stream-deleted", "stream-name", stream))
	return status.Error(codes.FailedPrecondition, "Event stream '"+stream+"' is deleted.")
}

func tooLarge(call trailed) error {
	call.SetTrailer(metadata.Pairs("exception", "maximum-append-size-exceeded", "maximum-append-size", strconv.Itoa(maxAppendBytes)))
	return status.Error(codes.InvalidArgument, "Maximum Append Size Exceeded.")
}

func (c *Cluster) authorized(ctx context.Context) error {
	if c.opts.User == "" {
		return nil
	}
	md, _ := metadata.FromIncomingContext(ctx)
	want := "Basic " + base64.StdEncoding.EncodeToString([]byte(c.opts.User+":"+c.opts.Password))
	if values := md.Get("authorization"); len(values) == 1 && values[0] == want {
		return nil
	}
	return status.Error(codes.Unauthenticated, "Not Authenticated")
}

func (c *Cluster) checkUnary(ctx context.Context, req any, _ *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	if err := c.authorized(ctx); err != nil {
		return nil, err
	}
	return handle(ctx, req)
}

func (c *Cluster) checkStream(srv any, call grpc.ServerStream, _ *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	if err := c.authorized(call.Context()); err != nil {
		return err
	}
	return handle(srv, call)
}
