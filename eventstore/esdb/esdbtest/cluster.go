// Package esdbtest is a server for tests that speaks EventStoreDB's published protocol over
// real gRPC on 127.0.0.1, on top of the embedded store, with faults to inject.
//
// It does what a real server was seen, or is documented, to do where a client can tell: positions are bytes and
// not dense, entries of its own ($ streams) are among the ledger's, a repeated append is
// recognised by its ids alone and answered without a position, reads of $all include the position
// that they start from and subscriptions do not, a subscription from where an entry was scavenged leaves out the
// one behind it, an append to a follower is forwarded unless the leader is required. It
// keeps everything in memory, and gives content types and times of its own. It has no persistent
// subscriptions, projections, filters, links and batch appends.
package esdbtest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"accountledger/eventstore/embedded"
)

// Options of a cluster.
type Options struct {
	// Nodes is how many there are, all with the same log; 0 is one. The first is the leader.
	Nodes int
	// SystemEvery is after how many appends the server adds an entry of its own; 0 is 5, below
	// 0 is never.
	SystemEvery int
	// Transactions makes prepare positions differ from commit positions, as those of events
	// written in explicit transactions do.
	Transactions bool
	// TLS serves over TLS, with a certificate that only CAFile vouches for.
	TLS bool
	// ClientCertificate, with TLS, asks for a certificate of the client's, which the connection strings name.
	ClientCertificate bool
	// User and Password, when set, are asked of every call.
	User, Password string
}

// Cluster is some nodes with one log.
type Cluster struct {
	opts   Options
	engine *engine
	nodes  []*Node
	caFile string
	// The client's certificate and key, when it needs one.
	userCertFile, userKeyFile string
	faults                    faults
	leader                    atomic.Int64

	appends  atomic.Uint64
	sent     atomic.Uint64 // events sent to subscriptions
	sending  atomic.Int64  // subscriptions that wait for their reader
	required atomic.Uint64 // calls that required the leader
	late     sync.WaitGroup
}

// Start starts a cluster; it stops when the test ends.
func Start(tb testing.TB, opts Options) *Cluster {
	tb.Helper()
	if opts.SystemEvery == 0 {
		opts.SystemEvery = 5
	}
	store, err := embedded.Open(embedded.Options{Dir: "esdbtest", FS: vfs.NewMem(), ReserveBytes: -1})
	if err != nil {
		tb.Fatal(err)
	}
	c := &Cluster{opts: opts, engine: newEngine(store, opts.Transactions)}
	c.faults.reset()
	tb.Cleanup(func() {
		for _, n := range c.nodes {
			n.stop()
		}
		c.late.Wait()
		if err := store.Close(); err != nil {
			tb.Errorf("close of the test server's store: %v", err)
		}
	})
	creds := c.credentials(tb)
	for i := range max(1, opts.Nodes) {
		n, err := startNode(c, i, creds)
		if err != nil {
			tb.Fatal(err)
		}
		c.nodes = append(c.nodes, n)
	}
	c.AddSystemEntries(tb, 3)
	return c
}

// Connection is the connection string to the whole cluster, with further settings like
// "nodePreference=follower".
func (c *Cluster) Connection(settings ...string) string {
	hosts := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		hosts[i] = n.Address()
	}
	return c.connection(strings.Join(hosts, ","), settings)
}

// ConnectionTo is the connection string to one node alone.
func (c *Cluster) ConnectionTo(node int, settings ...string) string {
	return c.connection(c.nodes[node].Address(), settings)
}

func (c *Cluster) connection(hosts string, settings []string) string {
	user := ""
	if c.opts.User != "" {
		user = url.UserPassword(c.opts.User, c.opts.Password).String() + "@"
	}
	if c.opts.TLS {
		settings = append([]string{"tls=true", "tlsCAFile=" + c.caFile}, settings...)
		if c.opts.ClientCertificate {
			settings = append(settings, "userCertFile="+c.userCertFile, "userKeyFile="+c.userKeyFile)
		}
	} else {
		settings = append([]string{"tls=false"}, settings...)
	}
	return fmt.Sprintf("esdb://%s%s?%s", user, hosts, strings.Join(settings, "&"))
}

// Node gives one of the nodes, counted from 0.
func (c *Cluster) Node(i int) *Node { return c.nodes[i] }

// Leader is the number of the node that leads.
func (c *Cluster) Leader() int { return int(c.leader.Load()) }

// Appends counts the appends that were carried out, repeats not included.
func (c *Cluster) Appends() uint64 { return c.appends.Load() }

// Sent counts the events handed to gRPC for subscriptions.
func (c *Cluster) Sent() uint64 { return c.sent.Load() }

// Sending counts the subscriptions that are held up because their reader takes no more.
func (c *Cluster) Sending() int64 { return c.sending.Load() }

// Required counts the calls that said that only the leader may answer.
func (c *Cluster) Required() uint64 { return c.required.Load() }
