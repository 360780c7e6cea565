package esdbtest

import (
	"context"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// features reports which server this claims to be.
type features struct {
	serverfeatures.UnimplementedServerFeaturesServer
	cluster *Cluster
}

// SetVersion changes the version the server reports, as an upgrade does. It can be 26.1.0-prerelease.
func (c *Cluster) SetVersion(version string) { c.version.Store(&version) }

// GetSupportedMethods implements the protocol.
func (f *features) GetSupportedMethods(context.Context, *shared.Empty) (*serverfeatures.SupportedMethods, error) {
	const service = "event_store.client.streams.streams"
	return &serverfeatures.SupportedMethods{
		EventStoreServerVersion: *f.cluster.version.Load(),
		Methods: []*serverfeatures.SupportedMethod{
			{MethodName: "append", ServiceName: service},
			{MethodName: "read", ServiceName: service, Features: []string{"position", "events"}},
		},
	}, nil
}

// Show makes a node appear in another state, both in gossip and in what it serves.
func (n *Node) Show(state gossip.MemberInfo_VNodeState) { n.shows.Store(int32(state) + 1) }

// ShowAsIs ends Show.
func (n *Node) ShowAsIs() { n.shows.Store(0) }

func (n *Node) state() gossip.MemberInfo_VNodeState {
	switch shows := n.shows.Load(); {
	case shows > 0:
		return gossip.MemberInfo_VNodeState(shows - 1)
	case n.number == n.cluster.Leader():
		return gossip.MemberInfo_Leader
	}
	return gossip.MemberInfo_Follower
}

// serves reports whether a node in a state answers calls about streams.
func serves(state gossip.MemberInfo_VNodeState) bool {
	switch state {
	case gossip.MemberInfo_PreLeader, gossip.MemberInfo_Manager, gossip.MemberInfo_ShuttingDown, gossip.MemberInfo_Shutdown:
		return false
	default:
		return state > gossip.MemberInfo_Unknown // lower states are those of a node joining its cluster
	}
}

// members reports the nodes of the cluster.
type members struct {
	gossip.UnimplementedGossipServer
	cluster *Cluster
}

// Read implements the protocol.
func (m *members) Read(context.Context, *shared.Empty) (*gossip.ClusterInfo, error) {
	info := &gossip.ClusterInfo{}
	for _, n := range m.cluster.nodes {
		at, err := n.endPoint()
		if err != nil {
			return nil, status.Error(codes.Internal, err.Error())
		}
		info.Members = append(info.Members, &gossip.MemberInfo{State: n.state(), IsAlive: !n.listener.down.Load(), HttpEndPoint: at})
	}
	return info, nil
}
