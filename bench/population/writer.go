package population

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"accountledger/domain"
	"accountledger/journal"
)

// writer plays its share of the people: every nth one, in order.
type writer struct {
	*Options
	journal    *journal.Journal
	number     int
	notices    map[domain.Permission]domain.PublishedNotice
	allowances []domain.Allowance
	services   []domain.ServiceID
	dice       *rand.Rand

	people   []*person // those with an account
	accounts int64
	events   int64
	// accesses wait to be appended together, as happens when many ask at once.
	accesses []journal.Entry
	access   journal.Head
}

// accessBatch is how many accesses are appended together.
const accessBatch = 12

func newWriter(j *journal.Journal, o *Options, number int, notices map[domain.Permission]domain.PublishedNotice) *writer {
	w := &writer{Options: o, journal: j, number: number, notices: notices, dice: dice(o.Seed, number, ofWriter)}
	for _, p := range domain.TheCatalogue().Permissions {
		for _, u := range p.Purposes {
			w.allowances = append(w.allowances, domain.Allowance{Permission: p.Key, Purpose: u.Key})
		}
	}
	for i := range 8 {
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
		if err := w.joins(ctx, n, now); err != nil {
			return fmt.Errorf("population: %w", err)
		}
		for chance := visitsPeople; chance > 0 && len(w.people) > 0; chance -= 100 {
			if w.dice.IntN(100) < chance {
				if err := w.visits(ctx, w.somebody(), now.Add(time.Minute)); err != nil {
					return fmt.Errorf("population: %w", err)
				}
			}
		}
		if all := people.Add(1); w.Progress != nil && all%1000 == 0 {
			w.Progress(int(all))
		}
	}
	return w.flush(ctx)
}

// makeKeys creates the keys of the next people.
func (w *writer) makeKeys(ctx context.Context, from int) error {
	var names []string
	for n, turn := from, 0; n < w.People && turn < keysAhead; n, turn = n+w.Writers, turn+1 {
		d := dice(w.Seed, n, ofEvents)
		if !proves(d) {
			continue
		}
		names = append(names, domain.AccountKey(Account(w.Seed, n)), domain.IdentifierKey(domain.ClaimID{UUID: idOf(w.Seed, n, ofClaim)}))
		for i := range devices(w.Seed, n) {
			names = append(names, domain.DeviceKey(domain.DeviceID{UUID: idOf(w.Seed, n, ofDevice+i)}))
		}
	}
	if len(names) == 0 {
		return nil
	}
	return w.Keys(ctx, names...)
}

func proves(d *rand.Rand) bool { return d.IntN(100) >= neverProven }

func devices(seed uint64, person int) int { return pick(dice(seed, person, ofDevices), deviceCounts()) }

// somebody returns somebody who comes back: one of the latest, or anybody.
func (w *writer) somebody() *person {
	if recent := 1 + len(w.people)/20; w.dice.IntN(2) == 0 {
		return w.people[len(w.people)-1-w.dice.IntN(recent)]
	}
	return pick(w.dice, w.people)
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
