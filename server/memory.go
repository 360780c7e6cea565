package server

import (
	"os"
	"runtime/debug"

	"accountledger/internal/machine"
)

// collectAt is by how many percent the heap may grow before it is collected. What is in use is small and bounded, so
// twice the usual costs some tens of megabytes and saves about every second collection.
const collectAt = 200

const (
	// outsideHeap is about what SQLite, Pebble and the program itself take outside Go's memory, in bytes.
	outsideHeap = 320 << 20
	// Of leastOf parts of the memory that this process may have, at least leastHeap are Go's, and at least one nobody's but
	// the system's page cache's.
	leastHeap, leastOf = 3, 8
)

// TuneMemory sets what suits a process that serves, unless the environment variables GOGC and GOMEMLIMIT say otherwise.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	LimitMemory()
}

// LimitMemory lets Go's memory give way when it comes near what this process may have of the machine's or its control group's,
// unless the environment variable GOMEMLIMIT says otherwise.
func LimitMemory() {
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(heapLimit(machine.Memory(os.DirFS("/"))))
	}
}

// heapLimit is what Go's memory may come to, of so much that this process may have, before it is collected more often.
func heapLimit(memory int64) int64 {
	part := memory / leastOf
	return max(leastHeap*part, (leastOf-1)*part-outsideHeap)
}
