package esdbtest_test

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	client "github.com/EventStore/EventStore-Client-Go/v4/esdb"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
	"github.com/EventStore/EventStore-Client-Go/v4/protos/shared"

	"accountledger/eventstore/esdb/esdbtest"
	"accountledger/faults/network"
	"accountledger/internal/await"
)

func until(t *testing.T, so func() bool) {
	t.Helper()
	await.Until(t, "what the test waits for", so)
}

// retry asks until the connection is there again.
func (w raw) retry(ask func() string) (said string) {
	w.Helper()
	until(w.T, func() bool { said = ask(); return !strings.HasPrefix(said, "14 ") })
	return said
}

// short is how long a test waits for an answer that must not come.
const short = 50 * time.Millisecond

// TestFrozenNode accepts connections and answers nothing, not even on existing ones.
func TestFrozenNode(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	old := dial(t, c.Node(0).Address())
	old.append("s", none, proposals(1)...)
	c.Node(0).Freeze()
	conn, err := net.Dial("tcp", c.Node(0).Address())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	young := dial(t, c.Node(0).Address())
	old.expires("an existing connection", old.within(short).read(streamOf("s")))
	young.expires("a new one", young.within(short).read(streamOf("s")))
	c.Node(0).Thaw()
	old.says("thawed", "s@0", old.read(streamOf("s")))
}

// TestNetwork fails in front of a node.
func TestNetwork(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]func(*network.Proxy){
		"blackholed":    func(p *network.Proxy) { _ = p.Blackhole() },
		"requests lost": (*network.Proxy).LoseRequests,
		"answers lost":  (*network.Proxy).LoseAnswers,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := esdbtest.Start(t, esdbtest.Options{Proxied: true})
			w := dial(t, c.Node(0).Address())
			w.append("s", none, proposals(1)...)
			fault(c.Node(0).Network())
			w.expires("failing", w.within(short).append("s", 0, proposals(1)...).said)
			c.Node(0).Network().Flow()
			w.says("again", "s@0", w.read(streamOf("s"), count(1)))
		})
	}
}

// TestSlow delays calls and messages.
func TestSlow(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	w := dial(t, c.Node(0).Address())
	w.append("s", none, proposals(3)...)
	c.Slow(20*time.Millisecond, 10*time.Millisecond)
	begun := time.Now()
	w.says("slow", "s@0 s@1 s@2", w.read(streamOf("s")))
	if took := time.Since(begun); took < 50*time.Millisecond {
		t.Fatalf("it took %s", took)
	}
}

// TestManyAddresses has a node at two addresses with the same port, one of them silent.
func TestManyAddresses(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	silent := c.Node(0).Also(t, "127.0.0.2")
	other := dial(t, silent.Address())
	other.says("there", "0", other.append("s", none, proposals(1)...).said)
	if err := silent.Blackhole(); err != nil {
		t.Fatal(err)
	}
	other.expires("silent", other.within(short).read(streamOf("s")))
	w := dial(t, c.Node(0).Address())
	w.says("the node's own", "s@0", w.read(streamOf("s")))
}

// TestStates are reported in gossip, and some serve nobody.
func TestStates(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{Nodes: 3})
	w := dial(t, c.Node(1).Address())
	states := func() (all []gossip.MemberInfo_VNodeState) {
		t.Helper()
		info, err := gossip.NewGossipClient(w.conn).Read(w.ctx, &shared.Empty{})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range info.GetMembers() {
			all = append(all, m.GetState())
		}
		return all
	}
	w.append("s", none, proposals(1)...)
	c.Node(1).Show(gossip.MemberInfo_PreReplica)
	w.says("a replica to be", "s@0", w.read(streamOf("s")))
	c.Node(1).Show(gossip.MemberInfo_Unknown)
	c.Elect(2)
	got := states()
	if got[0] != gossip.MemberInfo_Follower || got[1] != gossip.MemberInfo_Unknown || got[2] != gossip.MemberInfo_Leader {
		t.Fatalf("got %v", got)
	}
	w.says("unknown", "14 : Server Is Not Ready", w.read(streamOf("s")))
	c.Node(1).ShowAsIs()
	w.says("a follower", "s@0", w.read(streamOf("s")))
}

// TestVersion is accepted by the vendor's client, except a prerelease.
func TestVersion(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{})
	vendor, _ := connect(t, c.Connection())
	if v, err := vendor.GetServerVersion(); err != nil || v.Major != 26 || v.Minor != 1 {
		t.Fatalf("%+v, %v", v, err)
	}
	c.SetVersion("26.1.0-prerelease")
	other, _ := connect(t, c.Connection("maxDiscoverAttempts=1"))
	if v, err := other.GetServerVersion(); err == nil {
		t.Fatalf("%+v", v)
	}
}

// TestRotation changes the authority: clients that trust only the old one can no longer connect.
func TestRotation(t *testing.T) {
	t.Parallel()
	c := esdbtest.Start(t, esdbtest.Options{TLS: true, User: "admin", Password: "secret"})
	path := strings.TrimPrefix(strings.Split(c.Connection(), "&")[1], "tlsCAFile=")
	greet := func(bundle []byte) error {
		pool := x509.NewCertPool()
		pool.AppendCertsFromPEM(bundle)
		conn, err := tls.Dial("tcp", c.Node(0).Address(), &tls.Config{RootCAs: pool, NextProtos: []string{"h2"}, MinVersion: tls.VersionTLS12})
		if err == nil {
			_ = conn.Close()
		}
		return err
	}
	before, err := os.ReadFile(path)
	if err != nil || greet(before) != nil {
		t.Fatal(err, greet(before))
	}
	vendor, ctx := connect(t, c.Connection())
	if _, err := vendor.AppendToStream(ctx, "s", client.AppendToStreamOptions{}, event()); err != nil {
		t.Fatal(err)
	}
	c.RotateAuthority(t)
	after, err := os.ReadFile(path)
	if err != nil || greet(after) != nil || !strings.HasPrefix(string(after), string(before)) {
		t.Fatal(err, greet(after))
	}
	if err := greet(before); err == nil {
		t.Fatal("the old authority vouches for the new certificate")
	}
}
