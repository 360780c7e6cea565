package esdbtest

import (
	"context"
	"net"
	"strconv"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// features says which server this claims to be.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
}

// GetSupportedMethods implements the protocol.
func (features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	const service = "event_store.client.streams.streams"
	return &serverfeatures.SupportedMethods{
		EventStoreServerVersion: "23.10.0",
		Methods: []*serverfeatures.SupportedMethod{
			{MethodName: "append", ServiceName: service},
			{MethodName: "read", ServiceName: service, Features: []string{"position", "events"}},
		},
	}, nil
}

// members says which nodes there are.
type members struct {
	gossip.UnimplementedGossipServer
	cluster *Cluster
}

// Read implements the protocol.
func (m *members) Read(context.Context, *shared.Empty) (*gossip.ClusterInfo, error) {
	info := &gossip.ClusterInfo{}
	for i, n := range m.cluster.nodes {
		host, text, err := net.SplitHostPort(n.Address())
		if err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		state := gossip.MemberInfo_Follower
		if i == m.cluster.Leader() {
			state = gossip.MemberInfo_Leader
		}
		info.Members = append(info.Members, &gossip.MemberInfo{
			State: state, IsAlive: !n.listener.down.Load(), HttpEndPoint: &gossip.EndPoint{Address: host, Port: uint32(port)},
		})
	}
	return info, nil
}
