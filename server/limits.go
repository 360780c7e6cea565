package server

import (
	"os"

	"accountledger/internal/machine"
	"accountledger/projections"
	"accountledger/projections/runner"
)

// viewsShare is the part of the memory that this process may have which filling views may take, where nothing is set.
const viewsShare = 4

// fillMemory is what filling views may take, in bytes: what is set, else a share of the memory that this process may have, and
// no more than helps.
func (c *Config) fillMemory() int64 {
	if c.Views.Memory > 0 {
		return c.Views.Memory
	}
	most := runner.MostBudget(len(projections.All()))
	return min(max(machine.Memory(os.DirFS("/"))/viewsShare, runner.LeastBudget), most)
}
