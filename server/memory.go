package server

import (
	"os"
	"runtime/debug"
)

// collectAt is by how many percent the heap may grow before it is collected. What is in use is small and bounded, so
// twice the usual costs some tens of megabytes and saves about every second collection.
const collectAt = 200

// TuneMemory sets what suits a process that serves, unless the environment variable GOGC says otherwise.
func TuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
}
