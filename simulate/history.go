package simulate

import (
	"context"
	"sync/atomic"
	"time"
)

const (
	// gathering is how many people arrive within one beat of a history.
	gathering = 1024
	// beatsADay is the most beats per day in which people arrive: together they take ten hours.
	beatsADay = 100
	// retainEvery is how many days pass between two searches for expired keys.
	retainEvery = 7
)

// playHistory plays day after day from start on. A day has beats, some minutes of the simulated clock apart. At each beat many people
// act at once: new arrivals, and those continuing from the previous beat.
func (p *player) playHistory(ctx context.Context, start time.Time) error {
	p.agenda = make([][]entry, p.Days)
	for p.today = range p.Days {
		begin := start.Add(time.Duration(p.today) * day)
		p.clock.to(begin)
		if p.today%retainEvery == 0 {
			if err := p.settler.Retain(ctx); err != nil {
				return at("destroying keys whose time is over", err)
			}
		}
		if err := p.playDay(ctx, begin); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) playDay(ctx context.Context, begin time.Time) error {
	waiting := p.agenda[p.today]
	p.agenda[p.today] = nil
	from, to := p.newcomers(p.today), p.newcomers(p.today+1)
	total := to - from + len(waiting)
	beats := min((total+gathering-1)/gathering, beatsADay)
	p.clock.to(begin.Add(firstHour(p.today)))
	var steps []step // of those who continue
	for b := 0; b < beats || len(steps) > 0; b++ {
		if b < beats {
			for n := from + (to-from)*b/beats; n < from+(to-from)*(b+1)/beats; n++ {
				steps = append(steps, p.arrive(n))
			}
			for _, e := range waiting[len(waiting)*b/beats : len(waiting)*(b+1)/beats] {
				steps = append(steps, p.step(e))
			}
			p.Progress(from+(to-from)*b/beats, p.Accounts)
		}
		steps = p.beat(ctx, steps)
		if err := p.end(ctx); err != nil {
			return err
		}
		p.clock.forward(pause)
	}
	p.Progress(to, p.Accounts)
	return nil
}

// firstHour is when people start to arrive on a day: between six and one o'clock, a different hour each day.
func firstHour(today int) time.Duration { return time.Duration(6+today*5%8) * time.Hour }

// beat lets many people act at once, and returns what they do next.
func (p *player) beat(ctx context.Context, steps []step) []step {
	next := make([]step, len(steps))
	var taken atomic.Int64
	p.each(func(w *worker) {
		for ctx.Err() == nil {
			i := int(taken.Add(1)) - 1
			if i >= len(steps) {
				return
			}
			var err error
			next[i], err = steps[i](ctx, w)
			w.faults.note(ctx, err)
		}
	})
	kept := next[:0]
	for _, s := range next {
		if s != nil {
			kept = append(kept, s)
		}
	}
	return kept
}

// newcomers is how many people arrived before a day: more each day, as the product grows.
func (p *player) newcomers(today int) int {
	x := float64(today) / float64(p.Days)
	return int(float64(p.Accounts)*(0.5*x+0.5*x*x) + 0.5)
}
