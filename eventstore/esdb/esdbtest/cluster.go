// Package esdbtest is a server for tests that speaks EventStoreDB's published protocol over
// real gRPC on 127.0.0.1, with faults to inject.
//
// It answers as a KurrentDB 26.1.0 was observed to, where a client can tell: positions are bytes and
// not dense, its own entries ($ streams) are mixed with the others, a repeated append is
// recognised by its ids alone and answered with the original positions, reads of $all include the position
// that they start from and subscriptions do not, a subscription from where an entry was scavenged leaves out the
// next one, an append to a follower is forwarded unless the leader is required. Users, access lists, stream
// metadata, deletes and filters work the same way. It keeps everything in memory, and its clock moves only when told to. It has
// no persistent subscriptions, projections, resolved links or subscriptions to one stream.
package esdbtest

import (
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Options of a cluster.
type Options struct {
	// Nodes is the number of nodes, all with the same log; 0 is one. The first is the leader.
	Nodes int
	// SystemEvery is after how many appends the server adds an entry of its own; 0 is 5, negative
	// is never.
	SystemEvery int
	// Transactions makes prepare positions differ from commit positions, as those of events
	// written in explicit transactions do.
	Transactions bool
	// TLS serves over TLS, with a certificate signed only by the authority in CAFile.
	TLS bool
	// ClientCertificate, with TLS, requires a client certificate, which the connection strings name.
	ClientCertificate bool
	// User and Password, if set, are an administrator's, and in the connection strings.
	User, Password string
	// Users are further users. Without any user, everyone may do everything.
	Users []User
	// Version is the version the server reports; empty is 26.1.0.
	Version string
	// CommitTimeout is how long a leader waits for its followers; 0 is 2.5 s.
	CommitTimeout time.Duration
	// Proxied puts a network.Proxy before each node, so that the network can fail.
	Proxied bool
}

// Cluster is a number of nodes with one log.
type Cluster struct {
	opts      Options
	log       *log
	nodes     []*Node
	directory directory
	tls       identity
	faults    faults
	leader    atomic.Int64
	alone     atomic.Bool // the leader has no followers

	version               atomic.Pointer[string]
	maxSizes              atomic.Pointer[sizes]
	slowCall, slowMessage atomic.Int64 // nanoseconds

	appends    atomic.Uint64
	sent       atomic.Uint64 // events sent to subscriptions
	sending    atomic.Int64  // subscriptions waiting for their reader
	required   atomic.Uint64 // calls that required the leader
	queued     atomic.Int64  // messages waiting in batch calls
	queuedMost atomic.Int64
	calls      counts
	late       sync.WaitGroup
}

// Start starts a cluster; it stops when the test ends.
func Start(tb testing.TB, opts Options) *Cluster {
	tb.Helper()
	if opts.SystemEvery == 0 {
		opts.SystemEvery = 5
	}
	if opts.CommitTimeout == 0 {
		opts.CommitTimeout = 2500 * time.Millisecond
	}
	if opts.Version == "" {
		opts.Version = "26.1.0"
	}
	c := &Cluster{opts: opts, log: newLog(opts.Transactions)}
	c.version.Store(&opts.Version)
	c.directory.users = append(c.directory.users, opts.Users...)
	if opts.User != "" {
		c.SetUser(User{opts.User, opts.Password, []string{Admins}})
	}
	c.faults.reset()
	tb.Cleanup(func() {
		for _, n := range c.nodes {
			n.stop()
		}
		c.late.Wait()
	})
	creds := c.credentials(tb)
	for i := range max(1, opts.Nodes) {
		n, err := startNode(c, i, creds)
		if err != nil {
			tb.Fatal(err)
		}
		c.nodes = append(c.nodes, n)
	}
	c.AddSystemEntries(3)
	return c
}

// Connection is the connection string to the whole cluster, with further settings like
// "nodePreference=follower".
func (c *Cluster) Connection(settings ...string) string {
	return c.connection(User{Name: c.opts.User, Password: c.opts.Password}, c.hosts(), settings)
}

// ConnectionAs is the connection string for another user.
func (c *Cluster) ConnectionAs(name, password string, settings ...string) string {
	return c.connection(User{Name: name, Password: password}, c.hosts(), settings)
}

// ConnectionTo is the connection string to one node alone.
func (c *Cluster) ConnectionTo(node int, settings ...string) string {
	return c.connection(User{Name: c.opts.User, Password: c.opts.Password}, c.nodes[node].Address(), settings)
}

func (c *Cluster) hosts() string {
	hosts := make([]string, len(c.nodes))
	for i, n := range c.nodes {
		hosts[i] = n.Address()
	}
	return strings.Join(hosts, ",")
}

func (c *Cluster) connection(u User, hosts string, settings []string) string {
	user := ""
	if u.Name != "" {
		user = url.UserPassword(u.Name, u.Password).String() + "@"
	}
	if c.opts.TLS {
		settings = append([]string{"tls=true", "tlsCAFile=" + c.tls.caFile}, settings...)
		if c.opts.ClientCertificate {
			settings = append(settings, "userCertFile="+c.tls.userCertFile, "userKeyFile="+c.tls.userKeyFile)
		}
	} else {
		settings = append([]string{"tls=false"}, settings...)
	}
	return fmt.Sprintf("esdb://%s%s?%s", user, hosts, strings.Join(settings, "&"))
}

// Node returns one of the nodes, counted from 0.
func (c *Cluster) Node(i int) *Node { return c.nodes[i] }

// Leader is the number of the leading node.
func (c *Cluster) Leader() int { return int(c.leader.Load()) }

// Appends counts the appends that were carried out, repeats not included.
func (c *Cluster) Appends() uint64 { return c.appends.Load() }

// Sent counts the events handed to gRPC for subscriptions.
func (c *Cluster) Sent() uint64 { return c.sent.Load() }

// Sending counts the subscriptions that are blocked because their reader is not reading.
func (c *Cluster) Sending() int64 { return c.sending.Load() }

// Required counts the calls that required an answer from the leader.
func (c *Cluster) Required() uint64 { return c.required.Load() }
