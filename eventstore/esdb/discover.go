package esdb

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"accountledger/eventstore"
	"accountledger/internal/backoff"
)

// discovery finds a node to talk to.
type discovery struct {
	conf   *client.Configuration
	prefer client.NodePreference
}

// find tries the hint, when there is one, and then all that the connection string names, again
// and again as often as it says. The error is ctx's, or wraps eventstore.ErrUnavailable.
func (d *discovery) find(ctx context.Context, hint string) (*grpc.ClientConn, string, error) {
	var last error
	for range max(1, d.conf.MaxDiscoverAttempts) {
		if hint != "" {
			conn, err := d.probe(ctx, hint)
			if err == nil {
				return conn, hint, nil
			}
			hint, last = "", err
		}
		for _, address := range d.candidates() {
			conn, address, err := d.try(ctx, address)
			if err == nil {
				return conn, address, nil
			}
			last = err
		}
		if err := backoff.Sleep(ctx, time.Duration(d.conf.DiscoveryInterval)*time.Millisecond); err != nil {
			return nil, "", err
		}
	}
	return nil, "", fmt.Errorf("%w: no node of EventStoreDB answers: %w", eventstore.ErrUnavailable, last)
}

// clustered reports whether nodes are to be asked for their cluster.
func (d *discovery) clustered() bool { return d.conf.DnsDiscover || len(d.conf.GossipSeeds) > 0 }

func (d *discovery) candidates() []string {
	if len(d.conf.GossipSeeds) == 0 {
		return []string{d.conf.Address}
	}
	all := make([]string, len(d.conf.GossipSeeds))
	for i, seed := range d.conf.GossipSeeds {
		all[i] = net.JoinHostPort(seed.Host, strconv.Itoa(int(seed.Port)))
	}
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] }) //nolint:gosec // no secret
	return all
}

// try connects to a node, or to the best one that it knows in its cluster.
func (d *discovery) try(ctx context.Context, address string) (*grpc.ClientConn, string, error) {
	if d.clustered() {
		best, err := d.ask(ctx, address)
		if err != nil {
			return nil, "", err
		}
		address = best
	}
	conn, err := d.probe(ctx, address)
	return conn, address, err
}

func (d *discovery) timeout() time.Duration { return time.Duration(d.conf.GossipTimeout) * time.Second }

// probe connects and asks something that every server answers.
func (d *discovery) probe(ctx context.Context, address string) (*grpc.ClientConn, error) {
	conn, err := dial(d.conf, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.timeout())
	defer cancel()
	_, err = serverfeatures.NewServerFeaturesClient(conn).GetSupportedMethods(ctx, &shared.Empty{})
	switch status.Code(err) {
	case codes.OK, codes.Unimplemented, codes.NotFound:
		return conn, nil
	}
	_ = conn.Close()
	return nil, answered(err)
}

// ask gives the address of the node to prefer, as the node at an address sees its cluster.
func (d *discovery) ask(ctx context.Context, address string) (string, error) {
	conn, err := dial(d.conf, address)
	if err != nil {
		return "", err
	}
	defer func() { _ = conn.Close() }()
	ctx, cancel := context.WithTimeout(ctx, d.timeout())
	defer cancel()
	info, err := gossip.NewGossipClient(conn).Read(ctx, &shared.Empty{})
	if err != nil {
		return "", answered(err)
	}
	member := best(info.GetMembers(), d.prefer)
	if member == nil {
		return "", fmt.Errorf("esdb: no node of the cluster is fit to be used")
	}
	at := member.GetHttpEndPoint()
	return net.JoinHostPort(at.GetAddress(), strconv.FormatUint(uint64(at.GetPort()), 10)), nil
}

// best is a living member of the preferred kind, or else any that can be used.
func best(members []*gossip.MemberInfo, prefer client.NodePreference) *gossip.MemberInfo {
	usable := slices.DeleteFunc(slices.Clone(members), func(m *gossip.MemberInfo) bool {
		return !m.GetIsAlive() || rank(m.GetState(), prefer) < 0
	})
	if len(usable) == 0 {
		return nil
	}
	rand.Shuffle(len(usable), func(i, j int) { usable[i], usable[j] = usable[j], usable[i] }) //nolint:gosec // no secret
	return slices.MinFunc(usable, func(a, b *gossip.MemberInfo) int {
		return cmp.Compare(rank(a.GetState(), prefer), rank(b.GetState(), prefer))
	})
}

// rank is 0 for the preferred kind of node, 1 for others, and below 0 for those
// that serve nobody.
func rank(state gossip.MemberInfo_VNodeState, prefer client.NodePreference) int {
	var preferred client.NodePreference
	switch state {
	case gossip.MemberInfo_Leader:
		preferred = client.NodePreferenceLeader
	case gossip.MemberInfo_Follower:
		preferred = client.NodePreferenceFollower
	case gossip.MemberInfo_ReadOnlyReplica, gossip.MemberInfo_PreReadOnlyReplica, gossip.MemberInfo_ReadOnlyLeaderless:
		preferred = client.NodePreferenceReadOnlyReplica
	default:
		return -1
	}
	if preferred == prefer {
		return 0
	}
	return 1
}
