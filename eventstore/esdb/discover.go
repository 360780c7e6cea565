package esdb

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"time"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/serverfeatures"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"
	"google.golang.org/grpc/codes"
)

// stagger is the delay between the starts of concurrent attempts.
const stagger = 150 * time.Millisecond

// Resolver finds the addresses of a name; *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// discovery finds a node to talk to.
type discovery struct {
	conf    *config
	prefer  preference
	resolve Resolver
	patient time.Duration                      // how long one candidate may take
	check   func(context.Context, *node) error // a node is used once it has answered this; the error is a *fault
}

// round tries the address where the leader was said to be, if known, and every address of every name in the connection
// string, concurrently. It takes as long as the slowest only if none answers. The node just given up is asked last: it
// may still take itself for the leader.
func (d *discovery) round(ctx context.Context, hint, givenUp string) (*node, error) {
	all := slices.Clone(d.conf.seeds)
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] }) //nolint:gosec // no secret
	if i := slices.Index(all, givenUp); i >= 0 {
		all = append(slices.Delete(all, i, i+1), givenUp)
	}
	try := d.reach
	if d.conf.clustered {
		try = d.ask
	}
	tries := make([]func(context.Context) (*node, error), 0, len(all)+1)
	if hint != "" {
		tries = append(tries, func(ctx context.Context) (*node, error) { return d.reach(ctx, hint) })
	}
	for _, seed := range all {
		tries = append(tries, func(ctx context.Context) (*node, error) { return try(ctx, seed) })
	}
	return race(ctx, len(tries), stagger, func(ctx context.Context, i int) (*node, error) { return tries[i](ctx) }, (*node).close)
}

// reach connects to the node with a name, or to the leader if that is wanted and the node says where it is.
func (d *discovery) reach(ctx context.Context, name string) (*node, error) {
	n, err := d.connect(ctx, name)
	var f *fault
	if errors.As(err, &f) && f.leader != "" && f.leader != name {
		return d.connect(ctx, f.leader)
	}
	return n, err
}

func (d *discovery) connect(ctx context.Context, name string) (*node, error) {
	return atEach(ctx, d, name, d.probe, (*node).close)
}

// ask connects to the best node of the cluster, according to the node with a name.
func (d *discovery) ask(ctx context.Context, name string) (*node, error) {
	best, err := atEach(ctx, d, name, d.gossip, func(string) {})
	if err != nil {
		return nil, err
	}
	return d.reach(ctx, best)
}

// atEach runs an operation at all addresses of a name, concurrently.
func atEach[T any](ctx context.Context, d *discovery, name string, do func(context.Context, endpoint) (T, error), discard func(T)) (T, error) {
	var none T
	all, err := d.endpoints(ctx, name)
	if err != nil {
		return none, err
	}
	return race(ctx, len(all), stagger, func(ctx context.Context, i int) (T, error) { return do(ctx, all[i]) }, discard)
}

// endpoints are the addresses of a name.
func (d *discovery) endpoints(ctx context.Context, name string) ([]endpoint, error) {
	host, port, err := net.SplitHostPort(name)
	if err != nil {
		return nil, fmt.Errorf("esdb: %q is not host:port", name)
	}
	if _, err := netip.ParseAddr(host); err == nil {
		return []endpoint{{name, name}}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, d.patient)
	defer cancel()
	found, err := d.resolve.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("esdb: %w", err)
	}
	all := make([]endpoint, len(found))
	for i, a := range found {
		all[i] = endpoint{name, net.JoinHostPort(a.Unmap().String(), port)}
	}
	return all, nil
}

// probe connects to an address and checks what is there.
func (d *discovery) probe(ctx context.Context, e endpoint) (*node, error) {
	n, err := d.open(e)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, d.patient)
	defer cancel()
	if err := d.check(ctx, n); !usable(err) {
		n.close()
		return nil, n.unreached(err)
	}
	return n, nil
}

// usable reports whether a node that answered a check this way can be used. It may refuse some things: the caller
// that asks for those gets the refusal.
func usable(err error) bool {
	var f *fault
	if !errors.As(err, &f) {
		return err == nil || !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
	}
	return f.refused() && f.kind != kindNotLeader && f.code != codes.Unauthenticated
}

// gossip returns the name of the node to prefer, according to the node at an address.
func (d *discovery) gossip(ctx context.Context, e endpoint) (string, error) {
	n, err := d.open(e)
	if err != nil {
		return "", err
	}
	defer n.close()
	ctx, cancel := context.WithTimeout(ctx, d.patient)
	defer cancel()
	info, err := gossip.NewGossipClient(n.conn).Read(ctx, &shared.Empty{})
	if err != nil {
		return "", n.unreached(&fault{code: diagnose(err, nil).code, doing: "reading the cluster's members", user: d.conf.user})
	}
	member := best(info.GetMembers(), d.prefer)
	if member == nil {
		return "", fmt.Errorf("esdb: %s: no node of the cluster is usable", e)
	}
	at := member.GetHttpEndPoint()
	return net.JoinHostPort(at.GetAddress(), strconv.FormatUint(uint64(at.GetPort()), 10)), nil
}

// answers is the check for a node of any kind: a call that every server answers.
func (d *discovery) answers(ctx context.Context, n *node) error {
	_, err := serverfeatures.NewServerFeaturesClient(n.conn).GetSupportedMethods(ctx, &shared.Empty{})
	if err == nil {
		return nil
	}
	f := diagnose(err, nil)
	if f.code == codes.NotFound {
		return nil
	}
	f.doing, f.user = "reading the server's version", d.conf.user
	return f
}

// best is a living member of the preferred kind, or else any that can be used.
func best(members []*gossip.MemberInfo, prefer preference) *gossip.MemberInfo {
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

// rank is 0 for the preferred kind of node, 1 for others, and negative for those
// that serve nobody.
func rank(state gossip.MemberInfo_VNodeState, prefer preference) int {
	var preferred preference
	switch state {
	case gossip.MemberInfo_Leader:
		preferred = preferLeader
	case gossip.MemberInfo_Follower:
		preferred = preferFollower
	case gossip.MemberInfo_ReadOnlyReplica, gossip.MemberInfo_PreReadOnlyReplica, gossip.MemberInfo_ReadOnlyLeaderless:
		preferred = preferReplica
	default:
		return -1
	}
	if preferred == prefer {
		return 0
	}
	return 1
}
