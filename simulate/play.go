package simulate

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"accountledger/domain"
)

// kind is a kind of agenda entry.
type kind uint8

const (
	visits kind = iota
	settleSignUp
	settleErasure
)

// entry is something that will happen on a later day. It is small, since there are as many as people.
type entry struct {
	life
	kind kind
	open bool // of a sign-up: its verification has not ended
}

// leaver is a person whose erasure the ledger carries out by its own clock.
type leaver struct {
	id  string
	due time.Time
	life
}

// player plays a population against a ledger.
type player struct {
	Options
	clock   *Clock
	ledger  Ledger
	settler Settler // only with a simulated clock
	pop     *Population
	office  *office

	workers []*worker
	arrived atomic.Int64
	faults  faults

	mu      sync.Mutex
	agenda  [][]entry // by day
	today   int
	leavers []leaver
}

// worker is one of the concurrent workers, with its own counts.
type worker struct {
	*player
	tally Tally
	next  []entry // what follows at once if the clock is not simulated
}

// later schedules an entry for a later day; without a simulated clock visits follow at once, and the ledger's own processes do the
// rest.
func (w *worker) later(days int, e entry) {
	if !w.clock.Simulated() {
		if e.kind == visits {
			w.next = append(w.next, e)
		}
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if when := w.today + max(days, 1); when < len(w.agenda) {
		w.agenda[when] = append(w.agenda[when], e)
	}
}

// leaves notes a requested erasure.
func (w *worker) leaves(e Erasure, l *life) {
	if w.clock.Simulated() {
		days := int(e.Due.Sub(w.clock.Now())/day) + 2
		w.later(days, entry{kind: settleErasure, life: *l})
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.leavers = append(w.leavers, leaver{e.ID, e.Due, *l})
}

// step turns an agenda entry into a step.
func (p *player) step(e entry) step {
	switch e.kind {
	case settleSignUp:
		return func(ctx context.Context, w *worker) (step, error) {
			ended, err := w.settler.SettleSignUp(ctx, domain.VerificationID{UUID: e.account})
			if err != nil || !ended {
				return nil, at("letting a sign-up lapse", unexpected(err))
			}
			w.tally.counted("sign_up.lapsed", "sign_up", "lapsed")
			if e.open {
				w.tally.counted("verification.ended", "verification", "ended")
			}
			return nil, nil
		}
	case settleErasure:
		return func(ctx context.Context, w *worker) (step, error) {
			done, err := w.settler.SettleErasure(ctx, domain.AccountID{UUID: e.account})
			if err != nil || !done {
				return nil, at("carrying out an erasure", unexpected(err))
			}
			w.erased(&e.life)
			return nil, nil
		}
	default:
		return p.comeBack(e.life)
	}
}

// erased notes the effects of a completed erasure.
func (w *worker) erased(l *life) {
	w.tally.happened("erasure.started")
	w.tally.add("activity/identifier.retired", 1+int64(l.contacts))
	w.tally.happened("erasure.completed")
	w.tally.add("activity/device.unlinked", int64(l.devices))
	w.tally.add("devices/linked", -int64(l.devices))
	w.tally.add("accounts/closing", -1)
	w.tally.add("accounts/erased", 1)
}

// playNow plays all people's whole lives without delay, by the ledger's own clock.
func (p *player) playNow(ctx context.Context) error {
	var number atomic.Int64
	p.each(func(w *worker) {
		for ctx.Err() == nil && !p.faults.tooMany() {
			n := int(number.Add(1)) - 1
			if n >= p.Accounts {
				return
			}
			w.through(ctx, w.arrive(n))
			for len(w.next) > 0 {
				e := w.next[0]
				w.next = w.next[1:]
				w.through(ctx, p.step(e))
			}
			p.come()
		}
	})
	return errors.Join(p.end(ctx), p.awaitErasures(ctx))
}

// through does one step after another.
func (w *worker) through(ctx context.Context, s step) {
	for s != nil && ctx.Err() == nil {
		next, err := s(ctx, w)
		w.faults.note(ctx, err)
		s = next
	}
}

// each runs all workers until they are done.
func (p *player) each(run func(*worker)) {
	var all sync.WaitGroup
	for _, w := range p.workers {
		all.Go(func() { run(w) })
	}
	all.Wait()
}

func (p *player) come() {
	if n := p.arrived.Add(1); n%64 == 0 || int(n) == p.Accounts {
		p.Progress(int(n), p.Accounts)
	}
}

// awaitErasures waits for erasures that are due shortly.
func (p *player) awaitErasures(ctx context.Context) error {
	const moment = 30 * time.Second
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, l := range p.leavers {
		if time.Until(l.due) > moment {
			continue
		}
		for deadline := time.Now().Add(2 * moment); ; {
			state, err := p.ledger.SeeErasure(ctx, l.id)
			if err != nil {
				return at("seeing an erasure", err)
			}
			if state == domain.ErasureDone {
				p.workers[0].erased(&l.life)
				break
			}
			if time.Now().After(deadline) {
				return errors.New("simulate: an erasure that is due was not carried out within a minute")
			}
			select {
			case <-tick.C:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// end is why a run ended early, or nil.
func (p *player) end(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if p.faults.tooMany() {
		return errors.New("simulate: stopped after too many unexpected errors")
	}
	return nil
}
