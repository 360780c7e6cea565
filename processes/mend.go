package processes

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// mendPage is how many events are read at a time while the list is rebuilt.
const mendPage = 1000

// ErrMending refuses a page while the list is being rebuilt from the log; the page must be sent again.
var ErrMending = errors.New("processes: the list of deadlines is being rebuilt from the log")

// mend rebuilds a damaged list from the log. Pages are refused meanwhile, since they do not follow what the list holds. It reports
// whether the list is complete; a rebuild interrupted by a failure or a crash continues where it was.
func (p *Processes) mend(ctx context.Context) bool {
	mending, err := p.discard(ctx)
	for mending && err == nil {
		mending, err = p.further(ctx)
	}
	if err != nil && ctx.Err() == nil {
		p.Fault(err)
		p.Log.Error("the list of deadlines could not be rebuilt", "error", err.Error())
	}
	return err == nil
}

// discard starts a new list if it is damaged, and reports whether it must be filled up to the head of the log.
func (p *Processes) discard(ctx context.Context) (bool, error) {
	p.turn.Lock()
	defer p.turn.Unlock()
	if why := p.list.damaged(); why != nil {
		p.Fault(why)
		p.Log.Warn("the list of deadlines is being rebuilt from the log", "reason", why.Error())
		p.mending = true
		if err := p.list.anew(ctx); err != nil {
			return true, err
		}
	}
	return p.mending, nil
}

// further enters one more page of the log, and reports whether there may be more.
func (p *Processes) further(ctx context.Context) (bool, error) {
	at, err := p.list.checkpoint(ctx)
	if err != nil {
		return true, err
	}
	page, err := p.Journal.ReadAll(ctx, at, mendPage)
	if err != nil {
		return true, err
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if page.Checkpoint == at { // the head, or where every consumer must wait
		p.mending = false
		return false, nil
	}
	return true, p.enter(ctx, page)
}

// enter applies a page of the log to the list.
func (p *Processes) enter(ctx context.Context, page journal.Page) error {
	known, err := p.list.known(ctx)
	if err != nil {
		return err
	}
	var changes []change
	var confirmed time.Time
	for _, r := range page.Records {
		known = proven(known, r.Fact, p.ClockJump)
		if e, ok := r.Event.(domain.ClockConfirmed); ok && r.Actor.Kind == domain.ActorOperator {
			confirmed = e.Time
		}
		if c, ok := changeOf(r.Fact); ok {
			c.at = r.Position
			changes = append(changes, c)
		}
	}
	if err := p.list.apply(ctx, changes, p.Now().Add(patience), known, page.Checkpoint); err != nil {
		return err
	}
	if !confirmed.IsZero() && !p.mending {
		p.clock.confirmed(confirmed)
		p.poke()
	}
	if len(changes) > 0 || !p.clock.isLevel() {
		p.poke()
	}
	return nil
}
