package esdbtest

// Snapshot is a copy of a server's data.
type Snapshot struct{ state state }

// Snapshot copies the data as they are now.
func (c *Cluster) Snapshot() Snapshot {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return Snapshot{c.log.clone()}
}

// PutBack replaces the data by an earlier copy, and restarts the nodes: connections break, addresses stay, and an append that was
// under way is not carried out. Other events may stand later where those did that were lost.
func (c *Cluster) PutBack(s Snapshot) {
	for _, n := range c.nodes {
		n.Down()
	}
	c.log.mu.Lock()
	c.log.state = s.state.clone()
	c.log.generation++
	c.log.wake()
	c.log.mu.Unlock()
	for _, n := range c.nodes {
		n.Up()
	}
}
