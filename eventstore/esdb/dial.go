package esdb

import (
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	// maxMessageBytes is the largest message that the server sends: one event.
	maxMessageBytes = 17 << 20
	// streamWindowBytes is how far the server may run ahead of a reader that takes its time,
	// on top of what the subscription buffers. Naming it keeps gRPC from growing it.
	streamWindowBytes = 1 << 20
	connWindowBytes   = 4 << 20
	// minKeepAlive is what servers allow; a client that pings more often is cut off.
	minKeepAlive = 10 * time.Second
)

// dial makes a connection to one node, which is opened when it is first used.
func dial(conf *client.Configuration, address string) (*grpc.ClientConn, error) {
	transport, err := transportCredentials(conf)
	if err != nil {
		return nil, err
	}
	opts := []grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(maxMessageBytes)),
		grpc.WithInitialWindowSize(streamWindowBytes),
		grpc.WithInitialConnWindowSize(connWindowBytes),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(),
	}
	if conf.KeepAliveInterval >= 0 {
		opts = append(opts, grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: max(conf.KeepAliveInterval, minKeepAlive), Timeout: conf.KeepAliveTimeout, PermitWithoutStream: true,
		}))
	}
	if conf.Username != "" && !conf.DisableTLS {
		opts = append(opts, grpc.WithPerRPCCredentials(newBasicAuth(conf.Username, conf.Password)))
	}
	conn, err := grpc.NewClient(address, opts...)
	if err != nil {
		return nil, fmt.Errorf("esdb: %q is not an address to connect to", address)
	}
	return conn, nil
}

func transportCredentials(conf *client.Configuration) (credentials.TransportCredentials, error) {
	if conf.DisableTLS {
		return insecure.NewCredentials(), nil
	}
	c := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            conf.RootCAs,
		InsecureSkipVerify: conf.SkipCertificateVerification, //nolint:gosec // only when the operator says so
	}
	if conf.UserCertFile != "" {
		pair, err := tls.LoadX509KeyPair(conf.UserCertFile, conf.UserKeyFile)
		if err != nil {
			return nil, fmt.Errorf("esdb: the user's certificate and key: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return credentials.NewTLS(c), nil
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
