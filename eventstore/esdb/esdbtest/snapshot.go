package esdbtest

// Snapshot is a copy of a server's data.
type Snapshot struct{ state state }

// Snapshot copies the data as it is now.
func (c *Cluster) Snapshot() Snapshot {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	return Snapshot{c.log.clone()}
}

// PutBack replaces the data with an earlier copy, and restarts the nodes: connections break, addresses stay, and an append
// under way is not carried out. New events may later take the positions of the lost ones.
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
