package esdbtest

import (
	"context"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Slow delays each call to any node before it is carried out, and each message of an answer before it is sent.
func (c *Cluster) Slow(call, message time.Duration) {
	c.slowCall.Store(int64(call))
	c.slowMessage.Store(int64(message))
}

// callerKey is the context key of a call's caller.
type callerKey struct{}

func callerOf(ctx context.Context) caller {
	by, _ := ctx.Value(callerKey{}).(caller)
	return by
}

// admit lets a call in, possibly late; its context then has the caller.
func (n *Node) admit(ctx context.Context, method string) (context.Context, error) {
	if err := pause(ctx, time.Duration(n.cluster.slowCall.Load())); err != nil {
		return nil, err
	}
	by, err := n.cluster.authenticate(ctx)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(method, "/event_store.client.streams.Streams/") && !serves(n.state()) {
		return nil, status.Error(codes.Unavailable, "Server Is Not Ready")
	}
	return context.WithValue(ctx, callerKey{}, by), nil
}

func (n *Node) unary(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
	ctx, err := n.admit(ctx, info.FullMethod)
	if err != nil {
		return nil, err
	}
	return handle(ctx, req)
}

func (n *Node) stream(srv any, call grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
	ctx, err := n.admit(call.Context(), info.FullMethod)
	if err != nil {
		return err
	}
	return handle(srv, &admitted{call, ctx, n.cluster})
}

// admitted is a call that was let in.
type admitted struct {
	grpc.ServerStream
	ctx     context.Context
	cluster *Cluster
}

// Context implements grpc.ServerStream.
func (a *admitted) Context() context.Context { return a.ctx }

// SendMsg implements grpc.ServerStream.
func (a *admitted) SendMsg(m any) error {
	if err := pause(a.ctx, time.Duration(a.cluster.slowMessage.Load())); err != nil {
		return err
	}
	return a.ServerStream.SendMsg(m)
}

func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
