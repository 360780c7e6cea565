package esdb

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"accountledger/eventstore"
)

const (
	// pageEvents and pageBytes end a page before its limit.
	pageEvents = 4096
	pageBytes  = 4 << 20
	// leastRead is the smallest number of entries requested: some may be the server's own.
	leastRead = 64
	// passedOver is how many of the server's own entries are skipped before an empty page is returned.
	passedOver = 4096
)

// ReadAll implements eventstore.Store, from the leader. A page may be smaller than its limit, or empty if the
// server has many entries of its own. A position after the end of the log is ErrInvalid.
func (s *Store) ReadAll(ctx context.Context, after eventstore.Position, limit int) (eventstore.Page, error) {
	if err := s.enter(ctx); err != nil {
		return eventstore.Page{}, err
	}
	if limit < 1 {
		return eventstore.Page{}, fmt.Errorf("%w: the limit is below 1", eventstore.ErrInvalid)
	}
	log, err := s.id(ctx)
	if err != nil {
		return eventstore.Page{}, err
	}
	p := &pageReader{Store: s, log: log, after: after, limit: min(limit, pageEvents)}
	for {
		more, err := p.step(ctx)
		if err != nil {
			return eventstore.Page{}, err
		}
		if !more {
			return p.page, p.check()
		}
	}
}

// pageReader gathers a page.
type pageReader struct {
	*Store
	log    uuid.UUID
	after  eventstore.Position
	limit  int
	page   eventstore.Page
	bytes  int
	passed int
	found  bool // there is an entry at or after `after`
}

// step reads some entries, and reports whether more are needed.
func (p *pageReader) step(ctx context.Context) (more bool, err error) {
	from := p.after
	if !p.page.Checkpoint.IsZero() {
		from = p.page.Checkpoint.Position
	}
	count := max(p.limit-len(p.page.Events), leastRead) + 1
	read, err := p.entries(ctx, from, count)
	return err == nil && !p.full() && read == count, err
}

func (p *pageReader) full() bool {
	return len(p.page.Events) == p.limit || p.bytes >= pageBytes || p.passed >= passedOver
}

// entries reads up to count entries from a position on, including the one there, which was already read.
func (p *pageReader) entries(ctx context.Context, from eventstore.Position, count int) (n int, err error) {
	begun := *p
	err = p.ask(ctx, p.leader, func(ctx context.Context, node *node) error {
		// Discard an attempt that broke off.
		*p, n = begun, 0
		p.page.Events = p.page.Events[:len(p.page.Events):len(p.page.Events)]
		return p.read(asLeader(ctx), node, readAllFrom(from, uint64(count)), func(e entry) error { //nolint:gosec // not negative
			n++
			return p.take(e)
		})
	})
	return n, err
}

func (p *pageReader) take(e entry) error {
	p.found = true
	at := p.page.Checkpoint.Position
	if at.IsZero() {
		at = p.after
	}
	switch {
	case e.Position == at:
		p.page.Checkpoint = e.checkpoint(p.log)
		return nil
	case e.Position.Compare(at) < 0 || !e.foreign && e.Position.Commit() <= at.Commit():
		return corrupt(e.Position, errNoGrowth)
	}
	if p.page.Checkpoint = e.checkpoint(p.log); e.foreign {
		p.passed++
	} else {
		p.page.Events = append(p.page.Events, e.Recorded)
		p.bytes += e.size()
	}
	if p.full() {
		return errEnough
	}
	return nil
}

// errNoGrowth: views use the commit position as the version of their documents.
const errNoGrowth = "the commit position does not increase from one event to the next"

// check checks a page that has reached the end of the log.
func (p *pageReader) check() error {
	if !p.found && !p.after.IsZero() {
		return fmt.Errorf("%w: the position is not one of this log", eventstore.ErrInvalid)
	}
	return nil
}

// Head implements eventstore.Store: the last entry that the leader has, even if it is the server's own.
func (s *Store) Head(ctx context.Context) (eventstore.Checkpoint, error) {
	if err := s.enter(ctx); err != nil {
		return eventstore.Checkpoint{}, err
	}
	log, err := s.id(ctx)
	if err != nil {
		return eventstore.Checkpoint{}, err
	}
	last, err := s.few(ctx, readLast())
	if err != nil || len(last) == 0 {
		return eventstore.Checkpoint{}, err
	}
	return last[0].checkpoint(log), nil
}

// Distance implements eventstore.Store; it counts bytes of the server's log, including the server's own entries.
func (s *Store) Distance(ctx context.Context, from, to eventstore.Position) (int64, eventstore.Unit, error) {
	if err := s.enter(ctx); err != nil {
		return 0, "", err
	}
	return max(0, to.Int64()-from.Int64()), eventstore.UnitBytes, nil
}
