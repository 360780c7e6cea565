package esdbtest

import (
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"
)

// Node is one server of a cluster.
type Node struct {
	cluster  *Cluster
	number   int
	listener *listener
	server   *grpc.Server

	pretends atomic.Bool
	lag      sync.Mutex
	lagging  bool
	shown    uint64 // while lagging, the last dense position that it has
}

// callsPerConnection is what a real server's HTTP/2 takes; more calls wait for one to end.
const callsPerConnection = 100

// minPing is how often a client may ask whether the server is there: a real one has no such limit.
const minPing = time.Second

func startNode(c *Cluster, number int, creds credentials.TransportCredentials) (*Node, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Node{cluster: c, number: number, listener: newListener(l)}
	n.server = grpc.NewServer(
		grpc.Creds(creds), grpc.MaxRecvMsgSize(16<<20), grpc.MaxConcurrentStreams(callsPerConnection),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(c.checkUnary), grpc.StreamInterceptor(c.checkStream),
	)
	api.RegisterStreamsServer(n.server, &streams{Node: n})
	serverfeatures.RegisterServerFeaturesServer(n.server, features{})
	gossip.RegisterGossipServer(n.server, &members{cluster: c})
	go func() { _ = n.server.Serve(n.listener) }()
	return n, nil
}

func (n *Node) stop() {
	n.listener.drop()
	n.server.Stop()
}

// Address is host and port.
func (n *Node) Address() string { return n.listener.Addr().String() }

// leads reports whether the node takes itself for the leader.
func (n *Node) leads() bool { return n.cluster.Leader() == n.number || n.pretends.Load() }

// Down breaks all connections and refuses new ones, until Up.
func (n *Node) Down() {
	n.listener.down.Store(true)
	n.listener.drop()
}

// Up ends Down.
func (n *Node) Up() { n.listener.down.Store(false) }

// DropConnections breaks all connections; new ones are accepted.
func (n *Node) DropConnections() { n.listener.drop() }

// listener knows its connections.
type listener struct {
	net.Listener
	down  atomic.Bool
	mu    sync.Mutex
	conns map[*conn]struct{}
}

type conn struct {
	net.Conn
	listener *listener
}

func newListener(l net.Listener) *listener {
	return &listener{Listener: l, conns: make(map[*conn]struct{})}
}

// Accept implements net.Listener.
func (l *listener) Accept() (net.Conn, error) {
	for {
		raw, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.down.Load() {
			_ = raw.Close()
			continue
		}
		c := &conn{raw, l}
		l.mu.Lock()
		l.conns[c] = struct{}{}
		l.mu.Unlock()
		return c, nil
	}
}

// Close implements net.Conn.
func (c *conn) Close() error {
	c.listener.mu.Lock()
	delete(c.listener.conns, c)
	c.listener.mu.Unlock()
	return c.Conn.Close()
}

// drop breaks all connections; from names one to be broken alone.
func (l *listener) drop(from ...string) {
	l.mu.Lock()
	var broken []net.Conn
	for c := range l.conns {
		if len(from) == 0 || c.RemoteAddr().String() == from[0] {
			broken = append(broken, c.Conn)
		}
	}
	l.mu.Unlock()
	for _, c := range broken {
		_ = c.Close()
	}
}
