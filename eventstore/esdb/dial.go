package esdb

import (
	"context"
	"encoding/base64"
	"fmt"
	"net"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

const (
	// maxMessageBytes is the largest message that the server sends: one event.
	maxMessageBytes = 17 << 20
	// streamWindowBytes is how far the server may run ahead of a slow reader,
	// in addition to what the subscription buffers. Setting it keeps gRPC from growing it.
	streamWindowBytes = 1 << 20
	connWindowBytes   = 4 << 20
	// minKeepAlive is what servers allow; a client that pings more often is cut off.
	minKeepAlive = 10 * time.Second
)

// endpoint is one address of a node, and the name it was resolved from: its certificate is for the name.
type endpoint struct {
	name    string // host:port
	address string // IP:port
}

func (e endpoint) String() string {
	if e.name == e.address {
		return e.name
	}
	return e.name + " (" + e.address + ")"
}

// dial creates a connection to one address of a node; it is opened on first use. The error names a file that
// cannot be read.
func (c *config) dial(e endpoint, w *wire) (*grpc.ClientConn, error) {
	transport, err := c.transport()
	if err != nil {
		return nil, fmt.Errorf("esdb: %w", err)
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(&handshakes{transport, w}),
		grpc.WithAuthority(e.name),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return w.dial(ctx, e.address) }),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)),
		grpc.WithInitialWindowSize(streamWindowBytes),
		grpc.WithInitialConnWindowSize(connWindowBytes),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
	}
	if c.keepAlive >= 0 {
		opts = append(opts, grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: max(c.keepAlive, minKeepAlive), Timeout: c.pong, PermitWithoutStream: true,
		}))
	}
	if c.user != "" && c.tls {
		opts = append(opts, grpc.WithPerRPCCredentials(newBasicAuth(c.user, c.password)))
	}
	conn, err := grpc.NewClient("passthrough:///"+e.address, opts...)
	if err != nil {
		return nil, fmt.Errorf("esdb: %s is not a valid address", e)
	}
	return conn, nil
}

// handshakes records why a TLS handshake failed.
type handshakes struct {
	credentials.TransportCredentials
	wire *wire
}

// ClientHandshake implements credentials.TransportCredentials.
func (h *handshakes) ClientHandshake(ctx context.Context, authority string, raw net.Conn) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := h.TransportCredentials.ClientHandshake(ctx, authority, raw)
	h.wire.note(err)
	return conn, info, err
}

// Clone implements credentials.TransportCredentials.
func (h *handshakes) Clone() credentials.TransportCredentials {
	return &handshakes{h.TransportCredentials.Clone(), h.wire}
}

// basicAuth sends user and password with each call, and only over TLS.
type basicAuth struct{ header string }

func newBasicAuth(user, password string) basicAuth {
	return basicAuth{"Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))}
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b basicAuth) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": b.header}, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials.
func (basicAuth) RequireTransportSecurity() bool { return true }
