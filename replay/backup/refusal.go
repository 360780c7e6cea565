package backup

import (
	"log/slog"
	"sync"
	"time"
)

// refusalAgain is how long the same cause of a refused destruction is not logged again: many may wait for one list.
const refusalAgain = time.Minute

// LogRefusals is for Keeper.Refused: it logs why nothing is destroyed, since what callers are told does not say it. It names files, and
// nobody.
func LogRefusals(log *slog.Logger, l *List) func(error) {
	r := &refusals{log: log, list: l.Path()}
	return r.tell
}

type refusals struct {
	log  *slog.Logger
	list string

	mu   sync.Mutex
	last string
	at   time.Time
}

func (r *refusals) tell(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if age := now.Sub(r.at); err.Error() == r.last && age < refusalAgain {
		return
	}
	r.last, r.at = err.Error(), now
	r.log.Error("nothing is destroyed, since the list of destructions cannot be gone on with; what waits is tried again: put back what is missing, or "+
		"restart to have the list read through",
		"list", r.list, "error", err.Error())
}
