package esdb

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// node is one connection. It is closed once it is given up and its last user is done.
type node struct {
	at      endpoint
	wire    *wire
	conn    *grpc.ClientConn
	streams api.StreamsClient

	reached atomic.Uint64         // commit position up to which it certainly has everything
	poll    atomic.Pointer[poll]  // its last answer about the fence
	refusal atomic.Pointer[fault] // why it refused to answer
	polling chan struct{}         // held by the one caller that asks
	looks   atomic.Int64          // the watch's, under way

	// Both are guarded by the link.
	users int
	gone  bool
}

func (d *discovery) open(e endpoint) (*node, error) {
	w := newWire()
	conn, err := d.conf.dial(e, w)
	if err != nil {
		return nil, err
	}
	return &node{at: e, wire: w, conn: conn, streams: api.NewStreamsClient(conn), polling: make(chan struct{}, 1)}, nil
}

// close ends the calls still under way.
func (n *node) close() {
	n.wire.cut()
	_ = n.conn.Close()
}

// silent reports whether no byte has come for that long while looks wait for answers.
func (n *node) silent(limit time.Duration) bool {
	return n.looks.Load() > 0 && time.Since(n.wire.last()) > limit
}

// unreached says why a tried node is not used: the connection's failure, if it failed.
func (n *node) unreached(err error) error {
	var f *fault
	if !errors.As(err, &f) || f.code != codes.Unavailable && f.code != codes.DeadlineExceeded {
		return fmt.Errorf("%s: %w", n.at, err)
	}
	if why := n.wire.why(); why != nil && !errors.Is(why, context.Canceled) && !errors.Is(why, context.DeadlineExceeded) {
		return fmt.Errorf("esdb: %s: %w", n.at, why)
	}
	return fmt.Errorf("%s: %w", n.at, f)
}
