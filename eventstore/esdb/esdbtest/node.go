package esdbtest

import (
	"net"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	api "github.com/EventStore/EventStore-Client-Go/v4/protos/streams"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/keepalive"

	"accountledger/faults/network"
)

// Node is one server of a cluster.
type Node struct {
	cluster  *Cluster
	number   int
	listener *listener
	server   *grpc.Server
	proxy    *network.Proxy // with Options.Proxied

	shows    atomic.Int32 // 1 above the state reported in gossip, or 0
	pretends atomic.Bool
	lag      sync.Mutex
	lagging  bool
	shown    int // while lagging, the place after the last event that it has
}

// callsPerConnection is the limit of a real server's HTTP/2; further calls wait for one to end.
const callsPerConnection = 100

// minPing is the shortest allowed time between two pings of a client: a real server has no such limit.
const minPing = time.Second

func startNode(c *Cluster, number int, creds credentials.TransportCredentials) (*Node, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	n := &Node{cluster: c, number: number, listener: newListener(l)}
	if c.opts.Proxied {
		if n.proxy, err = network.NewProxy(l.Addr().String()); err != nil {
			_ = l.Close()
			return nil, err
		}
	}
	n.server = grpc.NewServer(
		grpc.Creds(creds), grpc.MaxRecvMsgSize(16<<20), grpc.MaxConcurrentStreams(callsPerConnection),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: minPing, PermitWithoutStream: true}),
		grpc.UnaryInterceptor(n.unary), grpc.StreamInterceptor(n.stream),
	)
	api.RegisterStreamsServer(n.server, &streams{Node: n})
	serverfeatures.RegisterServerFeaturesServer(n.server, &features{cluster: c})
	gossip.RegisterGossipServer(n.server, &members{cluster: c})
	go func() { _ = n.server.Serve(n.listener) }()
	return n, nil
}

func (n *Node) stop() {
	if n.proxy != nil {
		_ = n.proxy.Close()
	}
	n.listener.drop()
	n.Thaw()
	n.server.Stop()
}

// Address is host and port, of the proxy if there is one.
func (n *Node) Address() string {
	if n.proxy != nil {
		return n.proxy.Address()
	}
	return n.listener.Addr().String()
}

// Network is the network before the node, with Options.Proxied.
func (n *Node) Network() *network.Proxy { return n.proxy }

// Also makes the node reachable at another address of this machine too, like 127.0.0.2, on the same port. That
// network can fail on its own.
func (n *Node) Also(tb testing.TB, host string) *network.Proxy {
	tb.Helper()
	_, port, err := net.SplitHostPort(n.Address())
	if err != nil {
		tb.Fatal(err)
	}
	p, err := network.NewProxyAt(net.JoinHostPort(host, port), n.listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = p.Close() })
	return p
}

// endPoint is Address as gossip reports it.
func (n *Node) endPoint() (*gossip.EndPoint, error) {
	host, text, err := net.SplitHostPort(n.Address())
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return &gossip.EndPoint{Address: host, Port: uint32(port)}, err
}

// leads reports whether the node takes itself for the leader.
func (n *Node) leads() bool { return n.cluster.Leader() == n.number || n.pretends.Load() }

// Down breaks all connections and refuses new ones, until Up.
func (n *Node) Down() {
	n.listener.down.Store(true)
	n.listener.drop()
}

// Up ends Down.
func (n *Node) Up() { n.listener.down.Store(false) }

// Freeze stops the node as SIGSTOP does: the machine still accepts connections, but nothing answers, until Thaw.
func (n *Node) Freeze() { n.listener.frozen.set(true) }

// Thaw ends Freeze.
func (n *Node) Thaw() { n.listener.frozen.set(false) }

// DropConnections breaks all connections; new ones are accepted.
func (n *Node) DropConnections() { n.listener.drop() }
