package simulate

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// office holds a run's services and officers.
type office struct {
	keys  []string // of services
	email string
	now   func() time.Time

	mu      sync.Mutex
	current Session
}

// officerPassword is that of every simulated officer; they only see simulated people.
const officerPassword = "seven-simulated-lighthouses"

// openOffice connects the services and enrols an officer.
func openOffice(ctx context.Context, o Options, pop *Population, l Ledger, op Operator) (*office, error) {
	f := &office{email: fmt.Sprintf("officer.%s@staff.example.invalid", o.Tag), now: time.Now}
	if o.Clock != nil {
		f.now = o.Clock.Now
	}
	for _, s := range pop.Services() {
		key, err := op.AddService(ctx, "simulated-"+s.Name+"-"+o.Tag, s.Allowed)
		if err != nil {
			return nil, at("connecting a service", err)
		}
		f.keys = append(f.keys, key)
	}
	code, err := op.AddOfficer(ctx, f.email)
	if err != nil {
		return nil, at("adding an officer", err)
	}
	return f, at("enrolling an officer", l.Enrol(ctx, code, officerPassword))
}

// session returns the officer's session, and starts a new one when the last is about to expire.
func (f *office) session(ctx context.Context, w *worker) (Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now().Before(f.current.Expires.Add(-time.Hour)) {
		return f.current, nil
	}
	s, err := w.ledger.Officer(ctx, f.email, officerPassword)
	if err != nil {
		return s, err
	}
	w.tally.happened("session.started")
	f.current = s
	return s, nil
}
