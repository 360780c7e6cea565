package population

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"accountledger/domain"
	"accountledger/journal"
	"accountledger/simulate"
)

// writer writes the events of its share of the people: every nth one, in order.
type writer struct {
	*Options
	journal  *journal.Journal
	number   int
	people   *simulate.Population
	asks     []simulate.Service
	notices  map[domain.Permission]domain.PublishedNotice
	services []domain.ServiceID

	agenda   agenda
	accounts int64
	events   int64
	// accesses wait to be appended together, as happens when many ask at once.
	accesses []journal.Entry
	access   journal.Head
}

// accessBatch is how many accesses are appended together.
const accessBatch = 12

func newWriter(j *journal.Journal, o *Options, number int, people *simulate.Population, notices map[domain.Permission]domain.PublishedNotice) *writer {
	w := &writer{Options: o, journal: j, number: number, people: people, asks: people.Services(), notices: notices}
	for i := range w.asks {
		w.services = append(w.services, domain.ServiceID{UUID: idOf(o.Seed, i, ofService)})
	}
	return w
}

// keysAhead is for how many people a writer creates keys in one step.
const keysAhead = 64

func (w *writer) run(ctx context.Context, people *atomic.Int64) error {
	for n, turn := w.number, 0; n < w.People; n, turn = n+w.Writers, turn+1 {
		if w.Keys != nil && turn%keysAhead == 0 {
			if err := w.makeKeys(ctx, n); err != nil {
				return err
			}
		}
		now := w.Begin.Add(time.Duration(float64(w.Span) * float64(n) / float64(w.People)))
		if err := w.comeBack(ctx, now); err != nil {
			return err
		}
		p, next, err := w.joins(ctx, n, now)
		if err != nil {
			return fmt.Errorf("population: %w", err)
		}
		w.agenda.add(p, next)
		if all := people.Add(1); w.Progress != nil && all%1000 == 0 {
			w.Progress(int(all))
		}
	}
	if err := w.comeBack(ctx, w.Begin.Add(w.Span)); err != nil {
		return err
	}
	return w.flush(ctx)
}

// comeBack has everybody come back who does so before a time.
func (w *writer) comeBack(ctx context.Context, before time.Time) error {
	for {
		p, at := w.agenda.due(before)
		if p == nil {
			return nil
		}
		next, err := w.comesBack(ctx, p, at)
		if err != nil {
			return fmt.Errorf("population: %w", err)
		}
		w.agenda.add(p, next)
	}
}

// makeKeys creates the keys of the next people.
func (w *writer) makeKeys(ctx context.Context, from int) error {
	var names []string
	for n, turn := from, 0; n < w.People && turn < keysAhead; n, turn = n+w.Writers, turn+1 {
		who := w.people.Person(n)
		if who.Funnel != simulate.Proves {
			continue
		}
		names = append(names, domain.AccountKey(Account(w.Seed, n)), domain.IdentifierKey(domain.ClaimID{UUID: idOf(w.Seed, n, ofClaim)}))
		devices := len(who.First.Links)
		for _, v := range who.Visits {
			devices += len(v.Links)
		}
		for i := range devices {
			names = append(names, domain.DeviceKey(domain.DeviceID{UUID: idOf(w.Seed, n, ofDevice+i)}))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return w.Keys(ctx, names...)
}

// append adds events of one stream and returns its new end.
func (w *writer) append(ctx context.Context, head journal.Head, m domain.Metadata, ids *rand.Rand, events ...any) (journal.Head, error) {
	entries := make([]journal.Entry, len(events))
	m.Command = domain.CommandID{UUID: roll(ids)}
	for i, e := range events {
		entries[i] = journal.Entry{ID: domain.EventID{UUID: roll(ids)}, Metadata: m, Event: e}
	}
	return w.put(ctx, head, entries)
}

func (w *writer) put(ctx context.Context, head journal.Head, entries []journal.Entry) (journal.Head, error) {
	done, err := w.journal.Append(ctx, head, entries...)
	if err != nil {
		return head, err
	}
	w.events += int64(len(entries))
	return done.Head, nil
}

// flush appends the waiting accesses.
func (w *writer) flush(ctx context.Context) error {
	if len(w.accesses) == 0 {
		return nil
	}
	head, err := w.put(ctx, w.access, w.accesses)
	w.access, w.accesses = head, w.accesses[:0]
	return err
}
