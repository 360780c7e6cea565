package esdbtest

import (
	"context"
	"sync"

	"github.com/EventStore/EventStore-Client-Go/v4/protos/gossip"
)

// AppendFault is what goes wrong with one append.
type AppendFault int

// Faults of an append.
const (
	// LoseRequest breaks the connection before the append is carried out.
	LoseRequest AppendFault = iota + 1
	// LoseReply carries the append out but breaks the connection instead of answering.
	LoseReply
	// StallRequest neither carries it out nor answers.
	StallRequest
	// StallReply carries it out and never answers.
	StallReply
	// LateRequest carries it out after the client has given up waiting.
	LateRequest
	// TimeOut carries it out but answers that it timed out.
	TimeOut
	// TooBusy answers that the server is too busy.
	TooBusy
	// NoPosition carries it out but answers without a position.
	NoPosition
	// WrongVersion carries it out and then answers that the expected version is wrong, as by then it is.
	WrongVersion
	// Delay answers an append only after Release.
	Delay
	// Overtake writes the next append first. It applies only to batch calls.
	Overtake
)

// faults are the faults to come and the ones in effect.
type faults struct {
	mu       sync.Mutex
	appends  []AppendFault
	release  chan struct{}
	delayed  int
	sequence int // of the last subscription
	muted    int // subscriptions up to this one are silent
	dropped  chan struct{}
	repeat   int
	held     map[string]chan struct{} // streams whose readers wait until the channel is closed
}

func (f *faults) reset() {
	f.release, f.dropped, f.held = make(chan struct{}), make(chan struct{}), make(map[string]chan struct{})
}

func (f *faults) next() AppendFault {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.appends) == 0 {
		return 0
	}
	next := f.appends[0]
	f.appends = f.appends[1:]
	return next
}

// FailAppends makes the next appends fail, one with each kind; 0 lets one pass.
func (c *Cluster) FailAppends(kinds ...AppendFault) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.appends = append(c.faults.appends, kinds...)
}

// Release lets delayed appends continue.
func (c *Cluster) Release() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	close(c.faults.release)
	c.faults.release = make(chan struct{})
}

// Delayed counts the appends delayed so far.
func (c *Cluster) Delayed() int {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	return c.faults.delayed
}

func (f *faults) delay(ctx context.Context) {
	f.mu.Lock()
	f.delayed++
	release := f.release
	f.mu.Unlock()
	select {
	case <-release:
	case <-ctx.Done():
	}
}

// HoldReads makes reads of a stream wait until the returned function is called.
func (c *Cluster) HoldReads(stream string) (release func()) {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	held := make(chan struct{})
	c.faults.held[stream] = held
	return sync.OnceFunc(func() {
		c.faults.mu.Lock()
		defer c.faults.mu.Unlock()
		delete(c.faults.held, stream)
		close(held)
	})
}

// hold waits while reads of a stream are held.
func (f *faults) hold(ctx context.Context, stream string) {
	f.mu.Lock()
	held := f.held[stream]
	f.mu.Unlock()
	if held == nil {
		return
	}
	select {
	case <-held:
	case <-ctx.Done():
	}
}

// DropConnections breaks the connections of all nodes.
func (c *Cluster) DropConnections() {
	for _, n := range c.nodes {
		n.DropConnections()
	}
}

// DropSubscriptions ends the current subscriptions.
func (c *Cluster) DropSubscriptions() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	close(c.faults.dropped)
	c.faults.dropped = make(chan struct{})
}

// MuteSubscriptions silences the current subscriptions; their connections stay.
func (c *Cluster) MuteSubscriptions() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.muted = c.faults.sequence
}

// RepeatEvent makes a subscription send the next event twice.
func (c *Cluster) RepeatEvent() {
	c.faults.mu.Lock()
	defer c.faults.mu.Unlock()
	c.faults.repeat++
}

// subscription registers a new one and returns its number, and a channel closed when it is dropped.
func (f *faults) subscription() (number int, dropped <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sequence++
	return f.sequence, f.dropped
}

func (f *faults) isMuted(number int) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return number <= f.muted
}

// times is how often an event is to be sent.
func (f *faults) times() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 1 + f.repeat
	f.repeat = 0
	return n
}

// Elect makes a node the leader, and all nodes know it.
func (c *Cluster) Elect(number int) {
	for _, n := range c.nodes {
		n.pretends.Store(false)
	}
	c.leader.Store(int64(number))
}

// Depose makes another node the leader without the old one knowing: it carries on
// with what it has now, but can commit nothing.
func (c *Cluster) Depose(successor int) {
	old := c.nodes[c.Leader()]
	old.Lag()
	old.pretends.Store(true)
	c.leader.Store(int64(successor))
}

// LoseQuorum freezes all nodes but the leader. Its appends are written but not shown by any node, and answered with a timeout after
// Options.CommitTimeout. After the first of these answers it stops leading and serving.
func (c *Cluster) LoseQuorum() {
	for i, n := range c.nodes {
		n.Lag()
		if i != c.Leader() {
			n.Freeze()
		}
	}
	c.alone.Store(true)
}

// RegainQuorum wakes the nodes that LoseQuorum froze. What was written meanwhile is kept.
func (c *Cluster) RegainQuorum() {
	c.alone.Store(false)
	for _, n := range c.nodes {
		n.Thaw()
		n.CatchUp()
		n.ShowAsIs()
	}
}

// resign turns the leader into one that has lost its followers.
func (c *Cluster) resign() {
	if c.alone.Load() {
		c.nodes[c.Leader()].Show(gossip.MemberInfo_Unknown)
	}
}

// Lag makes the node show nothing new until CatchUp.
func (n *Node) Lag() {
	n.lag.Lock()
	defer n.lag.Unlock()
	n.lagging, n.shown = true, n.cluster.log.length()
}

// CatchUp ends Lag.
func (n *Node) CatchUp() {
	n.lag.Lock()
	n.lagging = false
	n.lag.Unlock()
	n.cluster.log.change()
}

// visible is the place after the last event that the node shows.
func (n *Node) visible() int {
	n.lag.Lock()
	defer n.lag.Unlock()
	if n.lagging {
		return min(n.shown, n.cluster.log.length())
	}
	return n.cluster.log.length()
}
