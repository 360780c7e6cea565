package commands

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// Limit is how many events a window allows.
type Limit struct {
	Events int
	Window time.Duration
}

// limit is one thing that attempts are limited by.
type limit struct {
	kind domain.AttemptKind
	most []Limit // none allows an attempt more; their windows are at most a day. Without any, attempts are only counted.
	of   [][]byte
}

// counter is a limit as it stands for a call.
type counter struct {
	limit
	step    int      // so many are recorded at once
	periods []period // that the windows reach into, the newest first
}

// period is a day or a month: what is limited in it has a name of its own, under a key that is destroyed with the period.
type period struct {
	key    tallyKey
	stream stream[*domain.Attempts]
	state  *domain.Attempts
}

// raise multiplies the limits, but not the steps.
func (s *counter) raise(by int) {
	for i := range s.most {
		s.most[i].Events *= by
	}
}

func (s *counter) today() *period { return &s.periods[0] }

// over reports whether an attempt counts no longer.
func (s *counter) over(last, now time.Time) bool {
	for _, most := range s.most {
		if now.Sub(last) < most.Window {
			return false
		}
	}
	return len(s.most) > 0
}

const (
	// stepsAlone and stepsShared are how many steps a limit has: with more of them, fewer attempts pass when several processes count.
	// A limit of n lets at most n + processes·n/steps through, and a step more for each process that is killed.
	stepsAlone  = 4
	stepsShared = 8
	// rowSteps are those of attempts in a row.
	rowSteps = 4
)

// counter reads how a limit stands.
func (k *call) counter(ctx context.Context, l limit) (*counter, error) {
	s := &counter{limit: l}
	var periods []string
	longest := time.Duration(0)
	steps := stepsAlone
	if !k.near {
		steps = stepsShared
	}
	s.most = make([]Limit, len(l.most))
	for i, most := range l.most {
		s.most[i] = k.inForce(most)
		longest = max(longest, most.Window)
		if step := max(1, s.most[i].Events/steps); s.step == 0 || step < s.step {
			s.step = step
		}
	}
	if len(l.most) == 0 {
		s.step = k.inForce(Limit{Events: maxInARow / rowSteps}).Events
		periods = []string{string(domain.MonthOf(k.now))}
	} else {
		today, before := domain.DayOf(k.now), domain.DayOf(k.now.Add(-longest))
		if periods = []string{string(today)}; before != today {
			periods = append(periods, string(before))
		}
	}
	s.periods = make([]period, len(periods))
	return s, k.besideEach(ctx, len(periods), func(ctx context.Context, i int) (err error) {
		s.periods[i], err = k.periodOf(ctx, l, periods[i])
		return err
	})
}

func (k *call) periodOf(ctx context.Context, l limit, name string) (p period, err error) {
	key, err := k.periodKey(ctx, name)
	if err != nil {
		return p, err
	}
	hash := key.MAC(append([][]byte{[]byte("attempts"), []byte(l.kind)}, l.of...)...)
	copy(p.key[:], hash[:])
	p.stream = k.attemptsStream(hash, name)
	p.state, err = stateOf(ctx, p.stream)
	return p, err
}

// counters reads how several limits stand.
func (k *call) counters(ctx context.Context, limits ...limit) ([]*counter, error) {
	all := make([]*counter, len(limits))
	return all, k.besideEach(ctx, len(limits), func(ctx context.Context, i int) (err error) {
		all[i], err = k.counter(ctx, limits[i])
		return err
	})
}

// wholeSeconds is a wait as refusals say it: not shorter than it is.
func wholeSeconds(wait time.Duration) int { return int((wait + time.Second - 1) / time.Second) }

// attempt counts an attempt against limits before it is made; the refusal says when to try again. done says how it came out.
func (k *call) attempt(all []*counter) (done func(ctx context.Context, counts bool) error, err error) {
	if wait := k.tallies.reserve(all, k.now); wait > 0 {
		k.attempted(all, true)
		return nil, domain.ErrRate.After(wholeSeconds(wait))
	}
	settled := false
	return func(ctx context.Context, counts bool) error {
		if settled {
			return nil
		}
		settled = true
		if counts {
			k.attempted(all, false)
		}
		var errs []error
		for _, s := range k.tallies.settle(all, counts, k.now) {
			errs = append(errs, k.recordStep(ctx, s))
		}
		return errors.Join(errs...)
	}, nil
}

// attempted tells those who watch.
func (k *call) attempted(all []*counter, limited bool) {
	if k.Attempted == nil {
		return
	}
	for _, s := range all {
		k.Attempted(s.kind, limited)
	}
}

// countOne counts an attempt that is over.
func (k *call) countOne(ctx context.Context, s *counter) error {
	k.attempted([]*counter{s}, false)
	if !k.tallies.count(s, k.now) {
		return nil
	}
	return k.recordStep(ctx, s)
}

// recordStep appends what this process has counted, and that a limit is reached. It is no part of the command that came to it, and never
// touches the account, so refusals do not slow the account down.
func (k *call) recordStep(ctx context.Context, s *counter) error {
	p, n := s.today(), 0
	out, err := change[*domain.Attempts]{stream: p.stream, always: true, mayKeep: true,
		decide: func(_ context.Context, a *domain.Attempts, _ journal.Head) ([]any, error) {
			var last time.Time
			if n, last = k.tallies.unrecorded(p.key); n < s.step { // another request was quicker
				return nil, nil
			}
			return append([]any{domain.AttemptsCounted{Attempt: s.kind, N: n, At: last}}, s.reached(a, n, k.now)...), nil
		}}.by(ctx, k)
	if err == nil && len(out.facts) > 0 {
		k.tallies.moved(p.key, n, out.state)
	}
	return err
}

// reached says which limits n more attempts reach.
func (s *counter) reached(a *domain.Attempts, n int, now time.Time) (events []any) {
	if len(s.most) == 0 && a.Row < maxInARow && a.Row+n >= maxInARow {
		events = append(events, domain.AttemptsLimited{Attempt: s.kind, Limit: maxInARow})
	}
	for _, most := range s.most {
		before := 0
		for i, p := range s.periods {
			state := p.state
			if i == 0 {
				state = a
			}
			for _, c := range state.Within(most.Window, now) {
				before += c.N
			}
		}
		if before < most.Events && before+n >= most.Events {
			events = append(events, domain.AttemptsLimited{Attempt: s.kind, Limit: most.Events, Seconds: int(most.Window.Seconds())})
		}
	}
	return events
}

// clearRow ends a row of wrong attempts.
func (k *call) clearRow(ctx context.Context, s *counter) error {
	p := s.today()
	n, _ := k.tallies.unrecorded(p.key)
	if k.tallies.row(s) == n {
		k.tallies.moved(p.key, n, p.state)
		return nil
	}
	out, err := change[*domain.Attempts]{stream: p.stream, always: true, mayKeep: true,
		decide: func(_ context.Context, a *domain.Attempts, _ journal.Head) ([]any, error) {
			if a.Row == 0 {
				return nil, nil
			}
			return []any{domain.AttemptsCleared{Attempt: s.kind}}, nil
		}}.by(ctx, k)
	if err == nil {
		k.tallies.moved(p.key, n, out.state)
	}
	return err
}
