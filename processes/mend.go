package processes

import (
	"context"
	"errors"
)

// ErrMending refuses a page while the list is being rebuilt from the log; the page must be sent again.
var ErrMending = errors.New("processes: the list of deadlines is being rebuilt from the log")

// mend rebuilds a damaged list from the log. Pages are refused meanwhile, since they do not follow what the list holds. It reports
// whether the list is complete; a rebuild interrupted by a failure or a crash continues where it was.
func (p *Processes) mend(ctx context.Context) bool {
	mending, err := p.discard(ctx)
	if mending && err == nil {
		if err = p.fill(ctx); err == nil {
			p.turn.Lock()
			p.mending = false
			p.turn.Unlock()
		}
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
		if err := p.list.fresh(ctx); err != nil {
			return true, err
		}
	}
	return p.mending, nil
}
