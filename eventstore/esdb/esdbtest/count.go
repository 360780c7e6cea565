package esdbtest

import (
	"maps"
	"sync"
)

// counts are numbers of calls, by what they requested.
type counts struct {
	mu sync.Mutex
	of map[string]int
}

func (c *counts) add(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = make(map[string]int)
	}
	c.of[what]++
}

// Calls counts the appends and reads received by all nodes, by "append STREAM" and "read STREAM"; subscriptions are reads of $all.
func (c *Cluster) Calls() map[string]int {
	c.calls.mu.Lock()
	defer c.calls.mu.Unlock()
	return maps.Clone(c.calls.of)
}
