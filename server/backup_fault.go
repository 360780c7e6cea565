package server

import (
	"sync"
	"time"
)

// faultAgain is how long the same cause of a refused destruction is not logged again: many may wait for one list.
const faultAgain = time.Minute

// listFaults has the server log why nothing is destroyed: what callers are told does not say it.
type listFaults struct {
	mu   sync.Mutex
	last string
	at   time.Time
}

// refused is told the cause of each destruction that the list refuses. It names files, and nobody.
func (s *Server) refused(f *listFaults) func(error) {
	return func(err error) {
		f.mu.Lock()
		defer f.mu.Unlock()
		now := time.Now()
		if age := now.Sub(f.at); err.Error() == f.last && age < faultAgain {
			return
		}
		f.last, f.at = err.Error(), now
		s.log.Error("nothing is destroyed, since the list of destructions cannot be gone on with; what waits is tried again: put back what is missing, or "+
			"restart to have the list read through",
			"list", s.list.Path(), "error", err.Error())
	}
}
