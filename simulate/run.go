package simulate

import (
	"context"
	"errors"
	"time"
)

// Deps is what a run depends on.
type Deps struct {
	Ledger   Ledger
	Operator Operator
	// Settler is required with a simulated clock.
	Settler Settler
	// Views is queried before and after the run.
	Views Views
	// Latencies returns how long each operation took; nil if not measured.
	Latencies func() []Latency
}

// ErrDiffers: the views differ from what was played, or something was refused that should not have been. The summary has the
// details.
var ErrDiffers = errors.New("simulate: the ledger differs from what was played")

// Run plays a population and compares the views with it. The summary is also returned with ErrDiffers.
func Run(ctx context.Context, o Options, d Deps) (Summary, error) {
	if err := o.Check(); err != nil {
		return Summary{}, err
	}
	begun := time.Now()
	start := begun.UTC().Truncate(day)
	if o.Clock.Simulated() {
		start = o.Clock.Now()
	}
	pop := NewPopulation(o.Seed, o.Tag, start)
	p := &player{Options: o, clock: o.Clock, ledger: d.Ledger, settler: d.Settler, pop: pop}
	for range o.Workers {
		p.workers = append(p.workers, &worker{player: p, tally: Tally{}})
	}
	var err error
	if p.office, err = openOffice(ctx, o, pop, d.Ledger, d.Operator); err != nil {
		return Summary{}, err
	}
	if h, ok := d.Views.(interface {
		Officer(ctx context.Context, email, password string) error
	}); ok { // a reader of views that must sign in
		if err := h.Officer(ctx, p.office.email, officerPassword); err != nil {
			return Summary{}, err
		}
	}
	before := Tally{}
	if !o.Clock.Simulated() { // otherwise the ledger is new, and its views are filled faster in one go at the end
		if before, err = viewCounts(ctx, d.Views); err != nil {
			return Summary{}, err
		}
	}
	playing := time.Now()
	if o.Clock.Simulated() {
		err = p.playHistory(ctx, start)
	} else {
		err = p.playNow(ctx)
	}
	took := time.Since(playing)
	if ctx.Err() != nil {
		return Summary{}, err
	}
	s := p.summary(start, took)
	if d.Latencies != nil {
		s.Latencies = d.Latencies()
	}
	if err != nil {
		return s, err
	}
	checking := time.Now()
	after, err := viewCounts(ctx, d.Views)
	if err != nil {
		return s, err
	}
	s.Checking = seconds(time.Since(checking))
	if s.Differences = compare(before, after, s.Counts); len(s.Differences) > 0 || s.Errors > 0 {
		return s, ErrDiffers
	}
	return s, nil
}

func (p *player) summary(start time.Time, took time.Duration) Summary {
	s := Summary{Accounts: p.Accounts, Seed: p.Seed, Tag: p.Tag, Took: seconds(took), Counts: Tally{}, Errors: p.faults.count, ErrorKinds: p.faults.kinds}
	for _, w := range p.workers {
		s.Counts.Add(w.tally)
	}
	for key, n := range s.Counts {
		if n == 0 {
			delete(s.Counts, key)
		}
	}
	if p.clock.Simulated() {
		s.From, s.Days = start, p.Days
	}
	return s
}
