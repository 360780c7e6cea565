package processes

import (
	"context"
	"errors"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

const (
	// fillPage is how many events are read at a time while the list is filled.
	fillPage = 2048
	// fillChanges and fillEvents bound what is gathered before it is written: about 16 MB.
	fillChanges = 128 << 10
	fillEvents  = 1 << 20
)

// errReplaced means that the list was emptied while it was filled.
var errReplaced = errors.New("processes: the list of deadlines was replaced while it was filled")

// entry names an entry of the list.
type entry struct {
	kind kind
	id   [16]byte
}

// gathered is what a run of the log changes: of each entry, only the last change counts.
type gathered struct {
	from, at  journal.Checkpoint // the run's ends
	known     time.Time
	confirmed time.Time // zero if an operator confirmed no time in the run
	changes   map[entry]change
	events    int
}

// gather begins where the list stands.
func (p *Processes) gather(ctx context.Context, at journal.Checkpoint) (*gathered, error) {
	known, err := p.list.known(ctx)
	return &gathered{from: at, at: at, known: known, changes: map[entry]change{}}, err
}

// add adds a page.
func (p *Processes) add(g *gathered, page journal.Page) {
	for _, r := range page.Records {
		g.known = proven(g.known, r.Fact, p.ClockJump)
		if e, ok := r.Event.(domain.ClockConfirmed); ok && r.Actor.Kind == domain.ActorOperator {
			g.confirmed = e.Time
		}
		if c, ok := p.rules.change(r.Fact); ok {
			c.at = r.Position
			g.changes[entry{c.kind, c.id}] = c
		}
	}
	g.at = page.Checkpoint
	g.events += len(page.Records)
}

// write stores what was gathered; turn is held.
func (p *Processes) write(ctx context.Context, g *gathered) error {
	if err := p.list.apply(ctx, g.changes, p.Now().Add(patience), g.known, g.at); err != nil {
		return err
	}
	if !g.confirmed.IsZero() && !p.mending {
		p.clock.confirmed(g.confirmed)
		p.poke()
	}
	if len(g.changes) > 0 || !p.clock.isLevel() {
		p.poke()
	}
	return nil
}

// filled is where the list stands, once it has been filled up to the head of the log: a new or emptied one takes a while.
func (p *Processes) filled(ctx context.Context) (journal.Checkpoint, error) {
	at, err := p.list.checkpoint(ctx)
	if err != nil {
		return at, err
	}
	if p.Journal.Fits(ctx, at) != nil {
		return at, nil //nolint:nilerr // reading on from there finds the same, and says what to do
	}
	if err := p.fill(ctx); err != nil {
		return at, err
	}
	return p.list.checkpoint(ctx)
}

// fill brings the list to the head of the log, or to where every consumer must wait. Events that it ignores are
// only skimmed, and changes are written many pages at a time. What was written when it fails is kept.
func (p *Processes) fill(ctx context.Context) error {
	select {
	case p.filling <- struct{}{}:
		defer func() { <-p.filling }()
	case <-ctx.Done():
		return ctx.Err()
	}
	at, err := p.list.checkpoint(ctx)
	if err != nil {
		return err
	}
	g, err := p.gather(ctx, at)
	if err != nil {
		return err
	}
	for page, err := range p.Journal.PagesWithout(ctx, at, min(fillPage, p.FillEvents), p.rules.ignored) {
		if err != nil {
			return err
		}
		p.add(g, page)
		if len(g.changes) < fillChanges && g.events < p.FillEvents {
			continue
		}
		if err := p.store(ctx, g); err != nil {
			return err
		}
	}
	return p.store(ctx, g)
}

// store writes what a filling gathered, if the list is where the filling began, and lets it go on.
func (p *Processes) store(ctx context.Context, g *gathered) error {
	if g.at == g.from {
		return nil
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	at, err := p.list.checkpoint(ctx)
	if err != nil {
		return err
	}
	if at != g.from {
		return errReplaced
	}
	if err := p.write(ctx, g); err != nil {
		return err
	}
	g.from, g.events, g.confirmed = g.at, 0, time.Time{}
	clear(g.changes)
	return nil
}
