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

// node is one connection. It is closed when it has been given up and its last user is done.
type node struct {
	at      endpoint
	wire    *wire
	conn    *grpc.ClientConn
	streams api.StreamsClient

	reached atomic.Uint64         // commit position up to which it is known to have everything
	poll    atomic.Pointer[poll]  // what it last said of the fence
	refusal atomic.Pointer[fault] // why it did not say, when it refused
	polling chan struct{}         // a place for the one caller that asks it
	looks   atomic.Int64          // of the watch, under way

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

// close ends what is still under way.
func (n *node) close() {
	n.wire.cut()
	_ = n.conn.Close()
}

// silent reports whether not a byte has come for so long while looks wait for their answers.
func (n *node) silent(limit time.Duration) bool {
	return n.looks.Load() > 0 && time.Since(n.wire.last()) > limit
}

// unreached says why a node that was tried is not used: what the connection failed of, when it did.
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
